/** What the one table says of a code. */
export interface ErrorEntry {
  /** A message in words, what it names in angle brackets; `...` where rules differ. Every message ends with a next step. */
  readonly template: string;
  /** What has happened, whatever the message names. */
  readonly cause: string;
  /** What to do next: an order to the person who reads it. */
  readonly next: string;
}

/**
 * Every error code once, with its message in words, what it means and what to do next: the one table.
 *
 * A code once published keeps its meaning; texts may change. `docs/reference/errors.md` is written from here by
 * `node scripts/errors.mjs`, and the groups of that page are the comments below.
 */
export const ERROR_CODES = {
  // Plugins
  PLUGIN_UNKNOWN: {
    template: 'no <kind> "<name>". Did you mean "<name>"? Registered <kind>s: <names>.',
    cause: 'No plugin of this kind and name is registered.',
    next: 'Pick a listed name, or add its package to `plugins`.',
  },
  PLUGIN_DUPLICATE: {
    template: '<kind> "<name>" is provided by <package> in <folder> and by <package> in <folder>. <next step>',
    cause: 'Two packages provide one kind and name, or one package is there twice.',
    next: 'List the one that is meant in `plugins`, and no other.',
  },
  PLUGIN_API: {
    template:
      '<kind> "<name>" of <package> is written for plugin API <n>; this Foretoken has plugin API <n>. <next step>',
    cause: 'The plugin was written for another plugin API.',
    next: 'Install a release of it for this API, or a release of Foretoken for the plugin’s.',
  },
  PLUGIN_INVALID: {
    template: '<kind> "<name>" of <package>: <definition or hook> must ..., was <value>. <next step>',
    cause: 'The package, the definition or what a hook gave breaks the contract of its kind.',
    next: 'Mend what the message names, or report it to the plugin’s author.',
  },
  PLUGIN_NOT_FOUND: {
    template: 'plugin package "<name>" is not installed where <folder> can see it. <next step>',
    cause: 'The package cannot be resolved from the configuration file.',
    next: 'Install it beside the file, or name its folder by its path.',
  },
  TARBALL_INVALID: {
    template: '<file>: <entry> must ..., was <value>. <next step>',
    cause: 'The file is not the tarball of a package, or holds what npm would not write.',
    next: 'Make it with `npm pack`.',
  },
  PLUGIN_FAILED: {
    template: '<kind> "<name>" of <package>: <hook> threw "<what>". <next step>',
    cause: 'A plugin threw. What it threw is attached as the cause.',
    next: 'Check its options; if they are right, report it to the plugin’s author.',
  },
  // Host applications
  SERVICE_MISSING: {
    template: '<key>: ... is not registered in <container>. <next step>',
    cause: 'A container has not what was asked of it.',
    next: 'Register it before the host is made there; what belongs to a run is in the run’s container.',
  },
  SERVICE_DUPLICATE: {
    template: 'the container already has <key>. <next step>',
    cause: 'The container already has a service under this key.',
    next: 'Expose one host in it, and give your own log or clock to the host.',
  },
  // Configuration
  OPTIONS_INVALID: {
    template: '<kind> "<name>": <option> must ..., was <value> (<file>:<line>:<column>). <next step>',
    cause: 'The options of a plugin, a command or a call break their schema or contradict each other.',
    next: 'Mend the option that the message names.',
  },
  CONFIG_NOT_FOUND: {
    template: '<file> cannot be read: <reason>. <next step>',
    cause: 'The configuration file does not exist or cannot be read.',
    next: 'Check the path.',
  },
  CONFIG_SYNTAX: {
    template: '<file>:<line>:<column> ... <next step>',
    cause: 'The configuration file is not valid YAML or JSON.',
    next: 'Mend the place that the message names.',
  },
  CONFIG_INVALID: {
    template: '<file>:<line>:<column> <setting>: must ..., was <value>. <next step>',
    cause: 'The configuration breaks its schema. All broken places are said at once.',
    next: 'Mend the places that the message names.',
  },
  CONFIG_CONFLICT: {
    template: '<setting>: ... cannot go with <setting>: <value>. <next step>',
    cause: 'Two settings, or a setting and a plugin, contradict each other.',
    next: 'Change one of those that the message names.',
  },
  FORMAT_VERSION: {
    template: '<file> has formatVersion <n>; this release reads <n>. <next step>',
    cause: 'The file was written in another format version.',
    next: 'Of an older run or ablation: `foretoken upgrade` its folder. Of a newer one: install the release that the message names. A configuration: use the release that it was written for.',
  },
  // Model
  LAYERS_TOO_FEW: {
    template: 'head "<name>" with horizon <n> takes <n> of <n> layers under match: <match>; ... <next step>',
    cause: 'The heads would take every block of the trunk, or weigh more than it can give.',
    next: 'Use more layers, a smaller horizon, or `match: none`.',
  },
  OFFSET_UNSUPPORTED: {
    template: 'head "<name>": offsets must ..., were <offsets>. <next step>',
    cause: 'The head cannot serve this offset or declaration.',
    next: 'Lower the horizon or choose another head.',
  },
  PARAMETER_DUPLICATE: {
    template: 'parameter "<name>" was asked for twice. <next step>',
    cause: 'A plugin asked twice for one parameter name.',
    next: 'Give each weight its own name.',
  },
  PARAMETER_INVALID: {
    template: 'parameter "<name>": ... must ..., was <value>. <next step>',
    cause: 'A parameter name, shape or initializer is not allowed.',
    next: 'Mend the plugin, or report it to its author.',
  },
  SHAPE_MISMATCH: {
    template: '<operation> takes <shape>, got <shape>. <next step>',
    cause: 'A tensor has another shape than the contract asks for.',
    next: 'Mend what the message names.',
  },
  WEIGHTS_INVALID: {
    template: 'weighting "<name>": weights must be <n> finite numbers >= 0, were <weights> at step <n>. <next step>',
    cause: 'A weighting gave weights that are not finite and >= 0, one for each term.',
    next: 'Mend the plugin, or use another weighting.',
  },
  HORIZON_INVALID: {
    template: 'horizon schedule "<name>": a horizon is an integer in 1..<n>, was <value> at step <n>. <next step>',
    cause: 'A horizon schedule left 1..horizon.',
    next: 'Mend the plugin, or use another schedule.',
  },
  // Data
  DATA_NO_MATCH: {
    template: 'no file matches <pattern> in <folder>. <next step>',
    cause: 'No file matches.',
    next: 'Check the patterns; they start from the configuration file’s folder.',
  },
  DATA_PACKAGE_NOT_FOUND: {
    template: 'package "<name>" of dataset "<name>" is not installed where <folder> can see it. <next step>',
    cause: 'A package of the data cannot be resolved from the configuration file.',
    next: 'Install it beside the file, or take it out of `packages`.',
  },
  DATA_EMPTY: {
    template: 'the <split> split has no token. <next step>',
    cause: 'Nothing is left to train or validate on.',
    next: 'Add documents or change the split.',
  },
  DATA_TOO_SHORT: {
    template: 'the <split> split has <n> tokens, one window takes <n>. <next step>',
    cause: 'The data is shorter than one training window, or than a prompt that was asked for.',
    next: 'Lower `context`, or add data.',
  },
  DATA_INVALID: {
    template: 'dataset "<name>": <file>:<line>: ... <next step>',
    cause: 'A data file cannot be read as its format.',
    next: 'Mend the file or leave it out.',
  },
  DATA_CHANGED: {
    template: '<folder> was started on other data: <files>. <next step>',
    cause: 'The data is not what the run started from, or changed while it was read.',
    next: 'Restore it, or start a new run.',
  },
  TOKEN_UNKNOWN: {
    template: '<who>: a token must be in [0, <n>), was <token>. <next step>',
    cause: 'A token id is outside the vocabulary.',
    next: 'Check the prompt and the tokenizer.',
  },
  // Decoding
  PROMPT_EMPTY: {
    template: '<prompt>: a prompt needs at least one byte, was empty. <next step>',
    cause: 'A prompt has no token.',
    next: 'Give at least one byte.',
  },
  PROMPT_TOO_LONG: {
    template: '<prompt> has <n> tokens; the context of <n> leaves room for <n>. <next step>',
    cause: 'The prompt leaves no room in the model’s context.',
    next: 'Shorten it or train with a longer context.',
  },
  SESSION_MISUSE: {
    template: 'session: ..., was <value>. <next step>',
    cause: 'The session was called out of order, or for rows and nodes that it has not.',
    next: 'Draft, verify, commit; mend the decoder.',
  },
  DRAFT_UNSUPPORTED: {
    template: '<who> drafts <n> levels, and this model drafts <n> at most. <next step>',
    cause: 'This model has no head to draft with as asked, or the rule cannot judge what was drafted.',
    next: 'Use `greedy`, a head with a longer horizon, or another rule or policy.',
  },
  LOGITS_INVALID: {
    template:
      'session: offset <i> must give row <n> a finite largest logit, but gave <value> for token <n>. <next step>',
    cause: 'The model gave logits that are not numbers, so nothing can be chosen. Its weights or a plugin are broken.',
    next: 'Use an earlier checkpoint, or mend the plugin that the message names.',
  },
  // Training and runs
  TRAINING_DIVERGED: {
    template:
      'training: fewer than 10 steps in a row may be skipped for values that are not finite, steps <n> to <n> were. It began at step <n>: <what was not finite>. The last good step was <n>. Weights, moments and plugin state are as they were then; the last checkpoint is <checkpoint>. <next step>',
    cause: 'Ten steps in a row were not finite. The last good checkpoint is intact.',
    next: 'Train in another folder with a lower learning rate or more warm-up steps, or mend the plugin or the data.',
  },
  RUN_EXISTS: {
    template: '<folder> already holds a run. <next step>',
    cause: 'The folder already holds a run.',
    next: 'Use --resume, or another folder.',
  },
  RUN_MISMATCH: {
    template: '<folder> was started with another <configuration or engine>; different: <settings>. <next step>',
    cause: 'The run in this folder has another configuration or was started on another engine.',
    next: 'Go on with its own, or use another folder.',
  },
  RUN_NOT_FOUND: {
    template: '<folder> holds no run. <next step>',
    cause: 'There is no run in this folder.',
    next: 'Check the path.',
  },
  RUN_UNFINISHED: {
    template: 'the run in <folder> is not finished. <next step>',
    cause: 'The run is not finished, so nothing can be built on it.',
    next: 'Go on with it with --resume first.',
  },
  INTERRUPTED: {
    template: 'stopped after step <n> of <n>, saved as <checkpoint>. <next step>',
    cause: 'The work was stopped on request.',
    next: 'Go on with --resume, or start the same command again.',
  },
  // Files
  CHECKPOINT_MISMATCH: {
    template: '<checkpoint> belongs to configuration <hash>, this run has <hash>. <next step>',
    cause: 'The checkpoint belongs to another configuration.',
    next: 'Use the run it came from.',
  },
  CHECKPOINT_NOT_FINITE: {
    template:
      'checkpoint <file>: every value must be finite, but tensor "<name>" was <value> at <place>. It was not written, and those before it are as they were. <next step>',
    cause: 'A checkpoint would hold NaN or an infinity, so it was not written; those before it are intact.',
    next: 'Go on from the last checkpoint with --resume, or train anew with a lower learning rate.',
  },
  CHECKPOINT_MISSING: {
    template: 'there is no checkpoint in <folder>. <next step>',
    cause: 'There is no checkpoint to go on from.',
    next: 'Start the run without --resume.',
  },
  FILE_CORRUPT: {
    template: '<file> must ..., was <value>. <next step>',
    cause: 'The file is truncated, was edited, or is not in the format it claims.',
    next: 'Use an earlier checkpoint, or restore the file.',
  },
  FILE_READ: {
    template: '<file> could not be read: <errno and reason>. <next step>',
    cause: 'A file could not be read.',
    next: 'Check the path and its permissions.',
  },
  FILE_WRITE: {
    template: '<file> could not be written: <errno and reason>. What was there before is intact. <next step>',
    cause: 'A file could not be written. The old one is intact.',
    next: 'Mend the disk or the path, then go on with --resume.',
  },
  DISK_FULL: {
    template: '<file> could not be written: <errno and reason>. What was there before is intact. <next step>',
    cause: 'There is not enough space. What was written before is intact.',
    next: 'Free some, or choose another folder, then go on with --resume.',
  },
  // Engines and the command
  ENGINE_UNKNOWN: {
    template: 'no engine "<name>". Engines: <names>.',
    cause: 'No engine has this name.',
    next: 'Use a name that `foretoken doctor` lists.',
  },
  ENGINE_UNAVAILABLE: {
    template: 'engine "<name>": <reason>. <next step>',
    cause: 'The engine cannot run here.',
    next: 'Run `foretoken doctor`, which says why, or use another engine.',
  },
  KERNEL_MISSING: {
    template: 'engine "<name>" has no kernel <operation>. <next step>',
    cause: 'The engine has no kernel for a tfjs operation.',
    next: 'Use an engine that has it, or another operation.',
  },
  OUT_OF_MEMORY: {
    template: 'engine "<name>": ...; no room for <n> MiB more. <next step>',
    cause: 'The engine has no memory left.',
    next: 'Use a smaller batch, context or model, or another engine.',
  },
  ENGINE_MISUSE: {
    template: '<operation>: ..., got <value>. <next step>',
    cause: 'The engine was called where it may not be.',
    next: 'Mend the caller as the message says.',
  },
  ENGINE_FAILED: {
    template: 'engine "<name>": the device refused a command: <reason>. <next step>',
    cause: 'The device under the engine failed.',
    next: 'Start again; if it comes back, use another engine and report it.',
  },
  ENGINE_BUILD_FAILED: {
    template: '<engine>: <what the compiler or the check said>. <next step>',
    cause: 'A native part of an engine could not be built.',
    next: 'Do what the message says, then build again.',
  },
  USAGE: {
    template: '<argument>: ..., was <value>. <next step>',
    cause: 'The command was called in a way it does not know.',
    next: 'See --help.',
  },
  // Ablations and their workers
  WORKER_CRASHED: {
    template: 'the worker of "<task>" is gone: <signal or exit code>. <next step>',
    cause: 'The process of a worker ended in the middle of a task.',
    next: 'Read its log; the same command tries again.',
  },
  WORKER_HUNG: {
    template: 'the worker of "<task>" is gone: no sign of life for <n> s. <next step>',
    cause: 'A task showed no sign of life and was ended.',
    next: 'Mend the plugin that hangs.',
  },
  WORKER_MEMORY: {
    template: 'the worker of "<task>" is gone: it took <n> MiB of <n>. <next step>',
    cause: 'A task used more memory than it may and was ended.',
    next: 'Use a smaller model or batch, or a higher --memory.',
  },
  LEASE_LOST: {
    template: 'the lease of <task> was given to another worker meanwhile. <next step>',
    cause: 'A task was given to another worker, so nothing of this one is kept.',
    next: 'Nothing is to be done: its outcome comes from the other.',
  },
  ABLATION_BUSY: {
    template: 'process <pid> is <running the ablation in or upgrading> <folder>. <next step>',
    cause: 'Another process runs an ablation in this folder, or upgrades it.',
    next: 'Wait for it, stop it, or use another output folder.',
  },
  PLAN_STALE: {
    template: 'the cell was planned with other code: edited since is <files>. <next step>',
    cause: 'Code was edited after the ablation was planned.',
    next: 'Start the same command again: it plans with the code of now.',
  },
  WORKER_PROTOCOL: {
    template: 'a <sender> sends messages of version <n> in their form, got <message>. <next step>',
    cause: 'A worker and its coordinator do not understand each other.',
    next: 'Start the command again if packages were updated meanwhile; if not, look for a plugin that writes to the channel of its process.',
  },
  TASK_DEADLINE: {
    template: 'the worker of "<task>" is gone: it took longer than <n> s. <next step>',
    cause: 'A task took longer than its deadline and was ended.',
    next: 'Use a longer --deadline, or less work.',
  },
  ABLATION_INVALID: {
    template: '<file>:<line>:<column> <key>: ..., was <value>. <next step>',
    cause: 'The ablation file breaks a rule. All broken places are said at once.',
    next: 'Mend the places that the message names.',
  },
} as const satisfies Record<string, ErrorEntry>;

/** A code of the one table; docs and messages name it, and a code once published keeps its meaning. */
export type ErrorCode = keyof typeof ERROR_CODES;
