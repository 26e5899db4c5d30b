const FROM_TABLE = 'the message names what is wrong, and what to do is the same each time: the table says it';
const RULE_OF_OTHERS =
  'the rule comes whole from its caller or from the program that said it, with or without a next step';

/**
 * Messages that the rules for messages do not fit, each with the reason. `says` is a part of the message, as the sources say it.
 */
export const EXCEPTIONS = [
  {
    file: 'packages/core/src/plugins/guarded/failure.ts',
    says: '',
    why: 'a hook must give what its contract says: the rule on what the author wrote is the next step, whatever the code',
  },
  {
    file: 'packages/create-plugin/templates/tokenizer/src/my-plugin.ts',
    says: 'a token must be an integer',
    why: 'the template of an author, whose rule the contract suite of tokenizers asks for',
  },
  {
    file: 'packages/core/src/testing/decoder/watched-session.ts',
    says: 'session: ',
    why: 'read by the author of a decoder beside the title of the check that failed: the rule is the next step',
  },
  {
    file: 'packages/core/src/testing/scripted-decoders.ts',
    says: 'nothing to draft with',
    why: 'raised on purpose by a decoder of the contract suites and never read by anybody',
  },
  {
    file: 'packages/ablation/src/workers/worker-performer.ts',
    says: 'The other cells go on.',
    why: FROM_TABLE,
  },
  { file: 'packages/core/src/checkpoints/checkpoint-store.ts', says: 'there is no checkpoint at', why: FROM_TABLE },
  { file: 'packages/core/src/checkpoints/safetensors-header.ts', says: 'is not allowed.', why: FROM_TABLE },
  { file: 'packages/core/src/checkpoints/safetensors-header.ts', says: 'is no Unicode', why: FROM_TABLE },
  { file: 'packages/core/src/config/base-run.ts', says: 'is no saved experiment', why: FROM_TABLE },
  { file: 'packages/core/src/config/base-run.ts', says: 'names no checkpoint.', why: FROM_TABLE },
  { file: 'packages/core/src/config/overrides.ts', says: 'cannot go further', why: FROM_TABLE },
  { file: 'packages/core/src/data/token-cache.ts', says: 'stopped while the data was prepared.', why: FROM_TABLE },
  { file: 'packages/core/src/data/token-cache.ts', says: 'threw at document', why: FROM_TABLE },
  { file: 'packages/core/src/files/json-file.ts', says: 'is not valid JSON', why: FROM_TABLE },
  { file: 'packages/core/src/files/json-file.ts', says: 'must hold a JSON object.', why: FROM_TABLE },
  { file: 'packages/core/src/files/json-lines-log.ts', says: 'became shorter while it was read.', why: FROM_TABLE },
  { file: 'packages/core/src/training/run-directory.ts', says: 'holds no run', why: FROM_TABLE },
  { file: 'packages/core/src/training/trainer.ts', says: 'acceptanceEvery is a number', why: FROM_TABLE },
  { file: 'packages/core/src/training/training-loop.ts', says: 'stopped after step', why: FROM_TABLE },
  { file: 'packages/core/src/plugins/check-definition.ts', says: '', why: RULE_OF_OTHERS },
  { file: 'packages/core/src/plugins/manifest.ts', says: '/package.json: ', why: RULE_OF_OTHERS },
  { file: 'packages/core/src/plugins/package-folder.ts', says: 'cannot be read', why: RULE_OF_OTHERS },
  { file: 'packages/plugin-check/src/contracts/suite-options.ts', says: 'cannot be read as JSON', why: FROM_TABLE },
  { file: 'packages/plugin-check/src/engines.ts', says: 'cannot run here', why: RULE_OF_OTHERS },
  { file: 'packages/plugin-check/src/subject/read-tarball.ts', says: 'it holds more than', why: FROM_TABLE },
  { file: 'packages/plugin-check/src/subject/target.ts', says: 'it must be at most', why: FROM_TABLE },
  { file: 'packages/core/src/config/resolve.ts', says: '(', why: RULE_OF_OTHERS },
  {
    file: 'packages/ablation/src/results/collect-results.ts',
    says: 'the cell was not run',
    why: 'no error: how a table says that a cell has no result yet',
  },
  { file: 'packages/core/src/checkpoints/safetensors-header.ts', says: 'of its header, ', why: FROM_TABLE },
  {
    file: 'packages/core/src/config/overrides.ts',
    says: 'override none:',
    why: 'what was got is none: nothing that could be said',
  },
];
