import { type Definition, PLUGIN_KINDS, type PluginKind } from '@foretoken/core';
import type { ErrorCode } from '@foretoken/engine/errors';

/** What becomes of the cell of a hostile plugin. */
export interface Expected {
  readonly code: ErrorCode;
  /** The hook that it must be found in. */
  readonly hook: string;
  /** What else its error must say. */
  readonly says: string;
}

/** Name and version of the package that has them all. */
export const HOSTILE = { name: 'hostile', version: '1.0.0' };

// By its address: JavaScript without types, as the package that it becomes.
const hostile = (await import(new URL('./hostile.fixture.mjs', import.meta.url).href)) as {
  readonly default: { readonly provides: readonly Definition[] };
};

/** Every plugin of the package. */
export const DEFINITIONS = hostile.default.provides;

const failed = (hook: string, says: string): Expected => ({ code: 'PLUGIN_FAILED', hook, says });
const invalid = (hook: string, says: string, code: ErrorCode = 'PLUGIN_INVALID'): Expected => ({ code, hook, says });
const crashed = (hook: string, says: string): Expected => ({ code: 'WORKER_CRASHED', hook, says });
const hung = (hook: string): Expected => ({ code: 'WORKER_HUNG', hook, says: 'no sign of life' });

/** Of every kind, by what is said of its `create`. */
const ofEveryKind = (name: string, expected: Expected): { readonly [name: string]: Expected } =>
  Object.fromEntries(PLUGIN_KINDS.map((kind) => [`${kind}-${name}`, expected]));

/** By plugin whose cell fails. The honest ones are not among them. */
export const EXPECTED: { readonly [name: string]: Expected } = {
  'eval-throws': failed('measure', 'threw "plainly"'),
  'eval-rejects': failed('measure', 'threw "later"'),
  'eval-throws-null': failed('measure', 'threw "null"'),
  'eval-throws-text': failed('measure', 'threw "a text"'),
  'eval-throws-frozen': failed('measure', 'threw "frozen"'),
  'eval-throws-untouchable': failed('measure', 'threw an object that cannot be looked at'),
  'eval-throws-secretive': failed('measure', 'threw an object'),
  'eval-hangs': hung('measure'),
  'eval-spins': hung('measure'),
  'eval-exits': crashed('measure', 'process.exit(7)'),
  'eval-exits-zero': crashed('measure', 'process.exit(0)'),
  'eval-kills-itself': crashed('measure', 'process.kill(SIGKILL) of itself'),
  'eval-aborts': crashed('measure', 'process.abort()'),
  'eval-throws-in-timer': crashed(
    'measure',
    'a callback that nobody guards threw "in a timer" in code of hostile@1.0.0',
  ),
  'eval-forgets-a-promise': crashed('measure', 'a promise that nobody waits for threw "nobody waits"'),
  'eval-eats-memory': { code: 'WORKER_MEMORY', hook: 'measure', says: 'where --memory allows' },
  'eval-floods': invalid('measure', 'wrote more than 16 MiB to its output'),
  'eval-leaks-tensors': invalid('measure', 'must dispose the tensors that it makes, but left 1'),
  'eval-leaves-a-timer': invalid('measure', 'must end its timers, but left 1 running'),
  'eval-patches-a-class': invalid('measure', 'changed Array.prototype.map'),
  'eval-patches-chance': invalid('measure', 'changed Math.random'),
  'eval-sets-environment': invalid('measure', 'changed process.env'),
  'eval-changes-folder': invalid('measure', 'changed the working folder'),
  'eval-listens-for-the-end': invalid('measure', 'changed listeners of the process'),
  'eval-frees-a-weight': invalid('measure', 'must leave the tensors of others alone, but disposed 1'),
  'eval-writes-into-a-weight': invalid('measure', 'wrote to argument 1.model.parameters.get("'),
  'eval-hides-a-weight': invalid('measure', 'wrote to argument 1.model.parameters.'),
  'eval-draws': invalid('measure', 'called Math.random'),
  'eval-frees-the-model': failed('measure', 'dispose is not a function'),
  'eval-gives-nan': invalid('measure', 'results.mean is NaN'),
  'eval-gives-a-function': invalid('measure', 'results.later is function'),
  'eval-gives-nothing': invalid('measure', 'results is undefined'),

  'head-throws-undefined': failed('forward', 'threw "undefined"'),
  'head-exits-in-create': crashed('create', 'process.exit(3)'),
  'head-spins': hung('forward'),
  'head-gives-nothing': invalid('forward', 'must return a tensor or { hidden_BTE, carry_BTC }'),
  'head-wrong-shape': invalid('forward', 'must return shape [', 'SHAPE_MISMATCH'),
  'head-gives-nan': invalid('forward', 'must give finite numbers from finite ones, gave NaN'),
  'head-writes-into-its-nodes': invalid('forward', 'wrote to argument 2.at.position_BT'),
  'head-moves-weights': failed('forward', 'adamw is not a function'),
  'head-looks-at-the-clock': invalid('forward', 'called Date.now'),
  'head-no-objectives': invalid('objectives', 'a list of at least one objective'),
  'head-bad-arrangement': invalid('arrange', 'must give columns_BT'),
  'head-throws-in-rows': failed('rows', 'threw "no teacher"'),
  'head-draws-in-rows': invalid('rows', 'called Math.random'),
  'head-rows-without-losses': invalid('rows', 'must return a tensor as loss_R, returned absent'),
  'head-throws-in-readout': failed('readout', 'threw "no matrix"'),
  'head-readout-without-weight': invalid('readout', 'must return a tensor as weight_EV'),
  'head-misspelt': invalid('create', 'must give an object without "extend"'),
  'head-bad-declaration': invalid('create', 'whose reads is'),

  'trunk-no-taps': invalid('forward', 'must return a list of 1 tensors, one per tap, returned a list of 0'),
  'trunk-throws': failed('embed', 'threw "no table"'),
  'trunk-gives-tokens': invalid('embed', 'must return float32, returned int32'),

  'weighting-gives-nan': invalid('now', 'returned NaN as number 1', 'WEIGHTS_INVALID'),
  'weighting-negative': invalid('now', 'returned -1 as number 1', 'WEIGHTS_INVALID'),
  'weighting-too-many': invalid('now', 'must return 2 weights, one per term, returned 3', 'WEIGHTS_INVALID'),
  'weighting-forgets-its-state': invalid('learn', 'but it is undefined'),
  'weighting-throws-at-the-start': failed('start', 'threw "no terms"'),
  'weighting-starts-with-a-map': invalid('start', 'but it is Map'),
  'weighting-draws': invalid('now', 'called Math.random'),

  'horizon-schedule-too-long': invalid('now', 'must return an integer in 1..2, returned 99', 'HORIZON_INVALID'),
  'horizon-schedule-answers-later': invalid('now', 'must return an integer in 1..2', 'HORIZON_INVALID'),
  'horizon-schedule-kills-itself': crashed('start', 'process.kill(SIGKILL) of itself'),

  'horizon-schedule-throws-as-it-learns': failed('learn', 'threw "no lesson"'),
  'horizon-schedule-unlearns': invalid('learn', 'but it is undefined'),

  'decoder-gives-no-stream': invalid('generate', 'must return an async iterable'),
  'decoder-throws-later': failed('generate', 'threw "halfway"'),
  'decoder-alien-token': invalid('generate', 'must yield tokens in 0..255, yielded 99999', 'TOKEN_UNKNOWN'),
  'decoder-alien-prompt': invalid('generate', 'must say which prompt'),
  'decoder-misuses-its-session': invalid('generate', 'commit was called out of order', 'SESSION_MISUSE'),
  'decoder-hangs': hung('generate'),

  'acceptance-rule-no-path': invalid('accept', 'must return a path from the root of its tree, returned [5]'),
  'acceptance-rule-alien-token': invalid('accept', 'must return a token in 0..255 as next', 'TOKEN_UNKNOWN'),
  'acceptance-rule-draws': invalid('accept', 'called Math.random'),

  'draft-policy-beyond-the-frontier': invalid('grow', 'nodes of the frontier [-1] alone'),
  'draft-policy-throws-when-told': failed('learn', 'threw "do not tell"'),
  'draft-policy-learns-later': invalid('learn', 'must be done when it returns, returned a promise'),
  'draft-policy-rejects-to-prepare': failed('prepare', 'threw "not ready"'),
  'draft-policy-exits-when-a-row-is-gone': crashed('forget', 'process.exit(9)'),

  'tokenizer-alien-token': invalid('encode', 'must return tokens in 0..255, returned 300', 'TOKEN_UNKNOWN'),
  'tokenizer-throws-in-decode': failed('decode', 'threw "no bytes"'),
  'tokenizer-decodes-to-text': invalid('decode', 'must return a Uint8Array'),
  'tokenizer-throws': failed('encode', 'threw "no text"'),

  'dataset-gives-other-bytes': invalid('read', 'must give the bytes whose SHA-256 it listed', 'DATA_CHANGED'),
  'dataset-lists-nothing': invalid('list', 'must give { documents, skipped } as lists'),
  'dataset-lists-twice': invalid('list', 'must list a document once, gave "train" twice'),
  'dataset-rejects': failed('read', 'threw "gone"'),

  ...ofEveryKind('throws-in-create', failed('create', 'threw "not made"')),
  ...ofEveryKind('draws-in-create', invalid('create', 'called Math.random')),
};

const unplanned = (hook: string, says: string): Expected => ({ code: 'ABLATION_INVALID', hook, says });

/** By plugin whose plan fails: sizes are asked before any cell runs. */
export const UNPLANNED: { readonly [name: string]: Expected } = {
  'head-throws-in-blocks': unplanned('blocksPerOffset', 'threw "no blocks"'),
  'head-half-a-block': unplanned('blocksPerOffset', 'must return an integer >= 0, returned 0.5'),
  'head-throws-in-own-readout': failed('ownReadout', 'threw "whose"'),
  'head-maybe-own-readout': invalid('ownReadout', 'must return true or false, returned "maybe"'),
  'trunk-throws-in-shape': unplanned('shape', 'threw "no size"'),
  'trunk-shapeless': unplanned('shape', 'must return { width, layers, block }'),
};

/** Settings of an arm that make a plugin of a kind take part. */
export const SETTINGS: Readonly<Record<PluginKind, (name: string) => object>> = {
  eval: (name) => ({ evals: [LOSS, { name }] }),
  head: (name) => ({
    'model.head': { name, horizon: 2 },
    // Nobody else asks whose the readouts are.
    ...(name.endsWith('own-readout') && { 'model.readout': 'replicated' }),
  }),
  trunk: (name) => ({ 'model.trunk': { name } }),
  weighting: (name) => ({ 'training.weighting': { name } }),
  'horizon-schedule': (name) => ({ 'training.horizonSchedule': { name } }),
  decoder: (name) => ({ evals: [DECODED], decoders: { hostile: { name } } }),
  'acceptance-rule': (name) => ({ evals: [DECODED], decoders: { hostile: { name: 'speculative', rule: { name } } } }),
  'draft-policy': (name) => ({ evals: [DECODED], decoders: { hostile: { name: 'speculative', policy: { name } } } }),
  tokenizer: (name) => ({ evals: [DECODED], 'data.tokenizer': { name } }),
  dataset: (name) => ({ 'data.dataset': { name } }),
};

/** Evals of the package's neighbours. */
export const LOSS = { name: 'bits-per-byte', windows: 2 };
export const DECODED = { name: 'acceptance', prompts: 1, promptTokens: 8, maxTokens: 8, windows: 1 };
