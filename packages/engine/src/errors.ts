/**
 * Every error code, with what it means and what to do next: the one table. Messages add who, the rule, what was got
 * and where it came from.
 */
export const ERROR_CODES = {
  // plugins
  PLUGIN_UNKNOWN: 'No plugin of this kind and name is registered. Pick a listed name, or add its package to `plugins`.',
  PLUGIN_DUPLICATE:
    'Two packages provide one kind and name, or one package is there twice. List the one that is meant in `plugins`, and no other.',
  PLUGIN_API: 'The plugin was written for another plugin API. Install a release of it for this API.',
  PLUGIN_INVALID: 'The package or definition is not a valid plugin. Mend what the message names.',
  PLUGIN_NOT_FOUND: 'The package cannot be resolved from the configuration file. Install it beside the file.',
  TARBALL_INVALID:
    'The file is not the tarball of a package, or holds what npm would not write. Make it with `npm pack`.',
  PLUGIN_FAILED: 'A plugin threw. The cause is attached; report it to the plugin’s author.',
  SERVICE_MISSING:
    'A container has not what was asked of it. Register it before the host is made there; what belongs to a run is in the run’s container.',
  SERVICE_DUPLICATE:
    'The container already has a service under this key. Expose one host in it, and give your own log or clock to the host.',
  OPTIONS_INVALID: 'Options or configuration break their schema. Mend the place that the message names.',
  // configuration
  CONFIG_NOT_FOUND: 'The configuration file does not exist. Check the path.',
  CONFIG_SYNTAX: 'The configuration file is not valid YAML or JSON. Mend the place that the message names.',
  CONFIG_INVALID: 'The configuration breaks its schema. Mend the places that the message names.',
  CONFIG_CONFLICT: 'Two settings contradict each other. Change one of them.',
  FORMAT_VERSION: 'The file was written in another format version. Use the release of Foretoken that wrote it.',
  // model
  LAYERS_TOO_FEW:
    'The heads would take every block of the trunk, or weigh more than it can give. Use more layers, a smaller horizon, or `match: none`.',
  OFFSET_UNSUPPORTED: 'The head cannot serve this offset or declaration. Lower the horizon or choose another head.',
  PARAMETER_DUPLICATE: 'A plugin asked twice for one parameter name. Give each weight its own name.',
  PARAMETER_INVALID: 'A parameter name, shape or initializer is not allowed. Mend the plugin.',
  SHAPE_MISMATCH: 'A tensor has another shape than the contract asks for. Mend what the message names.',
  WEIGHTS_INVALID: 'A weighting gave weights that are not finite and >= 0, one per term. Mend the plugin.',
  HORIZON_INVALID: 'A horizon schedule left 1..horizon. Mend the plugin.',
  // data
  DATA_NO_MATCH: 'No file matches. Check the patterns; they start from the configuration file’s folder.',
  DATA_PACKAGE_NOT_FOUND:
    'A package of the data cannot be resolved from the configuration file. Install it beside the file, or take it out of `packages`.',
  DATA_EMPTY: 'Nothing is left to train or validate on. Add documents or change the split.',
  DATA_TOO_SHORT: 'The data is shorter than one training window. Lower `context`, or add data.',
  DATA_INVALID: 'A data file cannot be read as its format. Mend the file or leave it out.',
  DATA_CHANGED: 'The data is not what the run started from. Restore it, or start a new run.',
  TOKEN_UNKNOWN: 'A token id is outside the vocabulary. Check the prompt and the tokenizer.',
  // decoding
  PROMPT_EMPTY: 'A prompt has no token. Give at least one byte.',
  PROMPT_TOO_LONG: 'The prompt leaves no room in the model’s context. Shorten it or train with a longer context.',
  SESSION_MISUSE: 'The session was called out of order. Draft, verify, commit; mend the decoder.',
  DRAFT_UNSUPPORTED:
    'This model has no head to draft with as asked, or the rule cannot judge what was drafted. Use `greedy`, a head with a longer horizon, or another rule or policy.',
  LOGITS_INVALID:
    'The model gave logits that are not numbers, so nothing can be chosen. Its weights or a plugin are broken: use an earlier checkpoint, or mend the plugin that the message names.',
  // training
  TRAINING_DIVERGED: 'Ten steps in a row were not finite. Lower the learning rate; the last good checkpoint is intact.',
  RUN_EXISTS: 'The folder already holds a run. Use --resume, or another folder.',
  RUN_MISMATCH:
    'The run in this folder has another configuration or was started on another engine. Go on with its own, or use another folder.',
  RUN_NOT_FOUND: 'There is no run in this folder. Check the path.',
  RUN_UNFINISHED: 'The run is not finished, so nothing can be built on it. Go on with it with --resume first.',
  INTERRUPTED: 'Stopped on request. Go on with --resume.',
  // files
  CHECKPOINT_MISMATCH: 'The checkpoint belongs to another configuration. Use the run it came from.',
  CHECKPOINT_MISSING: 'There is no checkpoint to go on from. Start the run without --resume.',
  FILE_CORRUPT: 'The file is truncated or not in the format it claims. Use an earlier checkpoint.',
  FILE_READ: 'A file could not be read. Check the path and its permissions.',
  FILE_WRITE:
    'A file could not be written. The old one is intact; mend the disk or the path, then go on with --resume.',
  DISK_FULL: 'There is not enough space. Free some, or choose another folder, then go on with --resume.',
  // engines and the command
  ENGINE_UNKNOWN: 'No engine has this name. `foretoken doctor` lists them.',
  ENGINE_UNAVAILABLE: 'The engine cannot run here. `foretoken doctor` says why.',
  KERNEL_MISSING: 'The engine has no kernel for a tfjs operation. Use an engine that has it, or another operation.',
  OUT_OF_MEMORY: 'The engine has no memory left. Use a smaller batch, context or model, or another engine.',
  ENGINE_MISUSE: 'The engine was called where it may not be. Mend the caller as the message says.',
  ENGINE_FAILED: 'The device under the engine failed. Start again; if it comes back, use another engine and report it.',
  ENGINE_BUILD_FAILED: 'A native part of an engine could not be built. Do what the message says, then build again.',
  USAGE: 'The command was called in a way it does not know. See --help.',
  // workers of an ablation
  WORKER_CRASHED: 'The process of a worker ended in the middle of a task. Read its log; the same command tries again.',
  WORKER_HUNG: 'A task showed no sign of life and was ended. Mend the plugin that hangs.',
  WORKER_MEMORY:
    'A task used more memory than it may and was ended. Use a smaller model or batch, or a higher --memory.',
  LEASE_LOST: 'A task was given to another worker, so nothing of this one is kept. Its outcome comes from the other.',
  ABLATION_BUSY: 'Another process runs an ablation in this folder. Wait for it, stop it, or use another output folder.',
  PLAN_STALE:
    'Code was edited after the ablation was planned. Start the same command again: it plans with the code of now.',
  WORKER_PROTOCOL: 'A worker and its coordinator do not understand each other. Do what the message says.',
  TASK_DEADLINE: 'A task took longer than its deadline and was ended. Use a longer --deadline, or less work.',
  ABLATION_INVALID: 'The ablation file breaks a rule. Mend the place that the message names.',
} as const satisfies Record<string, string>;

/** A code of the one table; docs and messages name it, and a code once published keeps its meaning. */
export type ErrorCode = keyof typeof ERROR_CODES;

const brand = Symbol.for('foretoken.error');

/**
 * An error that a user can act on. The message starts with the code; `isForetokenError` recognizes it across copies of
 * this package.
 */
export class ForetokenError extends Error {
  /** The first word of the message. */
  readonly code: ErrorCode;
  /** Every single problem where several were found at once; otherwise the message alone. */
  readonly problems: readonly string[];

  /** @param message - who, the rule, what was got, where it came from; no code */
  constructor(code: ErrorCode, message: string, options: { cause?: unknown; problems?: readonly string[] } = {}) {
    super(`${code}: ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ForetokenError';
    this.code = code;
    this.problems = options.problems ?? [message];
    Object.defineProperty(this, brand, { value: true });
  }
}

/** Whether a value is a {@link ForetokenError}, made by any copy of this package. */
export function isForetokenError(value: unknown): value is ForetokenError {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
}

/** @returns the error of an operation that got a wrong shape: who, the rule, what was got */
export function shapeMismatch(operation: string, expected: string, got: string): ForetokenError {
  return new ForetokenError('SHAPE_MISMATCH', `${operation} takes ${expected}, got ${got}.`);
}
