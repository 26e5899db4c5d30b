// What can go wrong in a step, as data. B rows, T positions, D width.
export type EngineOfTest = 'cpu' | 'wasm' | 'native' | 'native bfloat16';

/** Where a value is put. */
export type Place =
  | 'loss'
  | 'squared norm'
  | 'gradient'
  | 'weight'
  | 'moment1'
  | 'moment2'
  | 'activation'
  | 'weighting'
  | 'learning rate';

/** One injection: the table of the test is a list of them. */
export interface Injection {
  readonly place: Place;
  /** The term, the parameter, or the owner of the activation (`trunk`, `head.2` for that of offset 2). */
  readonly of: string;
  readonly value: number;
  /** Default `cpu`. */
  readonly on?: EngineOfTest;
  /** Default `sequential`. */
  readonly backward?: 'joint' | 'sequential';
  /** Which of how many accumulated batches, from 1; what is no part of a batch spoils the step. Default `[1, 1]`. */
  readonly batch?: readonly [number, number];
  /** What the diagnosis says of it. */
  readonly says: RegExp;
}

const { NaN: NAN, POSITIVE_INFINITY: INF, NEGATIVE_INFINITY: NEG } = Number;
const EMBEDDING = 'trunk/embedding';
const QUERY = 'trunk/blocks.1.query';
const DOWN = 'head/blocks.2.down';
const NORM = 'readout/norm';
const UNEMBEDDING = 'readout/unembedding';
const loss = (term: string) => new RegExp(`^not finite was the loss of .*${term} \\(`);
const gradient = (name: string) =>
  new RegExp(`^not finite were the gradients of \\d+ of 57 parameters, first that of "${name}"`);
const anyGradient = /^not finite were the gradients of \d+ of 57 parameters/;
const weight = (name: string, value: number) =>
  new RegExp(`^weight "${name}" was ${value} at \\[\\d+(, \\d+)?\\] before the step`);
const moment = (which: string, name: string, value: number) =>
  new RegExp(`^AdamW's ${which} moment of "${name}" was ${value} at \\[.*\\] before the step$`);

/** Sixty of them: each place with each kind of value, and engines, backward passes and accumulated batches in turn. */
export const INJECTIONS: readonly Injection[] = [
  { place: 'loss', of: 'offset-1', value: NAN, says: loss('offset-1') },
  { place: 'loss', of: 'offset-1', value: INF, backward: 'joint', says: loss('offset-1') },
  { place: 'loss', of: 'offset-2', value: NEG, says: loss('offset-2') },
  { place: 'loss', of: 'offset-3', value: NAN, backward: 'joint', batch: [2, 3], says: /first in batch 2 of 3$/ },
  { place: 'loss', of: 'offset-3', value: INF, batch: [3, 3], says: /first in batch 3 of 3$/ },
  { place: 'loss', of: 'offset-2', value: NAN, batch: [1, 2], says: /first in batch 1 of 2$/ },
  { place: 'loss', of: 'offset-1', value: INF, on: 'wasm', says: loss('offset-1') },
  { place: 'loss', of: 'offset-1', value: NAN, on: 'native', says: loss('offset-1') },
  { place: 'squared norm', of: 'offset-1', value: INF, says: /^the gradient norm of offset-1 was Infinity although/ },
  { place: 'squared norm', of: 'offset-3', value: NAN, batch: [2, 2], says: /^the gradient norm of offset-3 was NaN/ },

  { place: 'gradient', of: EMBEDDING, value: NAN, says: gradient(EMBEDDING) },
  { place: 'gradient', of: EMBEDDING, value: INF, backward: 'joint', says: gradient(EMBEDDING) },
  { place: 'gradient', of: QUERY, value: NEG, says: gradient(QUERY) },
  { place: 'gradient', of: QUERY, value: NAN, backward: 'joint', batch: [2, 2], says: gradient(QUERY) },
  { place: 'gradient', of: DOWN, value: INF, batch: [1, 3], says: gradient(DOWN) },
  { place: 'gradient', of: DOWN, value: NAN, batch: [3, 3], on: 'native', says: gradient(DOWN) },
  { place: 'gradient', of: NORM, value: NAN, on: 'wasm', says: gradient(NORM) },
  { place: 'gradient', of: UNEMBEDDING, value: NEG, on: 'native', says: gradient(UNEMBEDDING) },
  { place: 'gradient', of: UNEMBEDDING, value: INF, on: 'native bfloat16', says: gradient(UNEMBEDDING) },
  { place: 'gradient', of: QUERY, value: 1e30, says: /^the gradient norm was Infinity although all/ },
  { place: 'gradient', of: EMBEDDING, value: -3e38, backward: 'joint', says: /^the gradient norm was Infinity/ },
  { place: 'gradient', of: NORM, value: 1e30, on: 'wasm', says: /^the gradient norm was Infinity/ },
  { place: 'gradient', of: DOWN, value: 2e19, on: 'native', batch: [2, 2], says: /^the gradient norm was Infinity/ },

  { place: 'activation', of: 'trunk', value: NAN, says: loss('offset-1') },
  { place: 'activation', of: 'trunk', value: INF, says: loss('offset-1') },
  { place: 'activation', of: 'trunk', value: NEG, backward: 'joint', says: loss('offset-1') },
  { place: 'activation', of: 'trunk', value: NAN, backward: 'joint', batch: [2, 2], says: /first in batch 2 of 2$/ },
  { place: 'activation', of: 'trunk', value: NAN, on: 'native', says: loss('offset-1') },
  { place: 'activation', of: 'trunk', value: INF, on: 'native bfloat16', says: loss('offset-1') },
  { place: 'activation', of: 'trunk', value: NEG, on: 'wasm', says: loss('offset-1') },
  { place: 'activation', of: 'head.1', value: NAN, says: loss('offset-1') },
  { place: 'activation', of: 'head.2', value: INF, says: loss('offset-2') },
  { place: 'activation', of: 'head.3', value: NEG, backward: 'joint', says: loss('offset-3') },
  { place: 'activation', of: 'head.2', value: NAN, batch: [3, 3], says: /first in batch 3 of 3$/ },
  { place: 'activation', of: 'head.3', value: NAN, on: 'native', batch: [1, 2], says: loss('offset-3') },
  { place: 'activation', of: 'head.2', value: INF, on: 'wasm', says: loss('offset-2') },
  { place: 'activation', of: 'head.2', value: NEG, on: 'native bfloat16', says: loss('offset-2') },

  { place: 'weight', of: EMBEDDING, value: NAN, says: weight(EMBEDDING, NAN) },
  { place: 'weight', of: EMBEDDING, value: INF, backward: 'joint', says: weight(EMBEDDING, INF) },
  { place: 'weight', of: QUERY, value: NEG, says: weight(QUERY, NEG) },
  { place: 'weight', of: QUERY, value: NAN, batch: [1, 2], says: weight(QUERY, NAN) },
  { place: 'weight', of: DOWN, value: INF, says: weight(DOWN, INF) },
  { place: 'weight', of: NORM, value: NAN, says: weight(NORM, NAN) },
  { place: 'weight', of: UNEMBEDDING, value: NEG, backward: 'joint', says: weight(UNEMBEDDING, NEG) },
  { place: 'weight', of: UNEMBEDDING, value: NAN, on: 'wasm', says: weight(UNEMBEDDING, NAN) },
  { place: 'weight', of: QUERY, value: INF, on: 'native', says: weight(QUERY, INF) },
  { place: 'weight', of: EMBEDDING, value: NAN, on: 'native bfloat16', says: weight(EMBEDDING, NAN) },

  { place: 'moment1', of: QUERY, value: NAN, says: moment('first', QUERY, NAN) },
  { place: 'moment1', of: NORM, value: INF, backward: 'joint', says: moment('first', NORM, INF) },
  { place: 'moment1', of: DOWN, value: NEG, on: 'native', says: moment('first', DOWN, NEG) },
  { place: 'moment2', of: QUERY, value: NAN, on: 'native', says: moment('second', QUERY, NAN) },
  { place: 'moment2', of: EMBEDDING, value: INF, says: moment('second', EMBEDDING, INF) },
  { place: 'moment2', of: UNEMBEDDING, value: NEG, on: 'wasm', says: moment('second', UNEMBEDDING, NEG) },

  { place: 'weighting', of: 'offset-1', value: Number.MAX_VALUE, says: anyGradient },
  { place: 'weighting', of: 'offset-2', value: 1e300, backward: 'joint', says: anyGradient },
  { place: 'weighting', of: 'offset-3', value: 1e39, on: 'native', says: anyGradient },
  { place: 'weighting', of: 'offset-3', value: 1e30, says: /^the gradient norm was Infinity/ },
  {
    place: 'learning rate',
    of: 'all',
    value: 1e39,
    says: /^an update at learning rate 1e\+39 could take a weight beyond/,
  },
  { place: 'learning rate', of: 'all', value: 1e300, backward: 'joint', says: /^an update at learning rate 1e\+300/ },
  { place: 'learning rate', of: 'all', value: INF, on: 'native', says: /^an update at learning rate Infinity/ },
];
