// What is compared: which commands each section runs, which figures it takes from them, and what is aimed at.
import { trainingFlopsPerToken } from '../../packages/cli/dist/bench/flops.js';

/** What is aimed at; a ratio is ours over the other side's. */
const targets = {
  trainingSpeed: { atLeast: 1 },
  decodingSpeed: { atLeast: 3 },
  residentGrowth: { atMost: 1 },
  peakShare: { atLeast: 0.65 },
  horizonOverhead: { atMost: 1.05 },
  sequentialPeak: { atMost: 1 },
  sequentialTime: { atMost: 1.05 },
  overPlainTfjs: { atLeast: 45 },
  // Of a processor with AVX512-BF16; elsewhere the products are rounded first and cost more.
  bfloat16Speed: { atLeast: 1.3 },
};

/**
 * One command to run. `model` names what it builds: results that belong to one model must agree on its parameters.
 *
 * @typedef {{ side: 'foretoken' | 'yardstick' | 'plain', model: string, args: string[] }} Measurement
 */

/** @returns the number of parameters that a result of any side names, or undefined */
export const parametersOf = (result) => result.parameters ?? result.params;

const ours = (kind, model, ...args) => ({ side: 'foretoken', model, args: ['bench', kind, '--json', ...args] });
const yardstick = (...args) => ({ side: 'yardstick', model: 'yardstick', args });
const flag = (name, value) => [`--${name}`, String(value)];

/**
 * The sections by name. `measurements` are commands by a name of their own; a row's `of` takes the figure above and the one
 * below the line from the results of one round. `pairs` is the most rounds that a section is worth.
 *
 * @param settings - `threads` of either side, measured `steps`, and the `python` that has PyTorch
 */
export const sectionsFor = (settings) => ({
  training: training(settings),
  decoding: decoding(settings),
  memory: memory(settings),
  peak: peak(settings),
  horizon: horizon(settings),
  backward: backward(settings),
  plain: plain(settings),
  precision: precision(settings),
});

/** One small step of our side, and of the yardstick where a section needs it: are they one model? */
export function sameModel(sections) {
  const all = Object.values(sections).flatMap(({ measurements }) => Object.values(measurements));
  const small = ['--steps', '1', '--warmup', '0', '--batch', '1'];
  const theirs = { yardstick: yardstick(...small, '--seq', '8', '--decode', '0') };
  return {
    measurements: {
      foretoken: ours('training', 'yardstick', ...small, '--context', '8'),
      ...(all.some(({ side }) => side === 'yardstick') ? theirs : {}),
    },
    rows: [],
  };
}

const oneAnd = (threads) => [...new Set([threads, 1])];
const ourTraining = (threads, steps) =>
  ours('training', 'yardstick', ...flag('threads', threads), ...flag('steps', steps));
const theirTraining = (threads, steps) =>
  yardstick(...flag('threads', threads), ...flag('steps', steps), '--decode', '0');

function training({ threads, steps }) {
  const pairs = oneAnd(threads).map((count) => ({ count, ours: `ours ${count}`, torch: `torch ${count}` }));
  return {
    measurements: Object.fromEntries(
      pairs.flatMap(({ count, ours, torch }) => [
        [ours, ourTraining(count, steps)],
        [torch, theirTraining(count, steps)],
      ]),
    ),
    rows: pairs.map(({ count, ours, torch }) => ({
      name: `training tokens/s, ${count} ${count === 1 ? 'thread' : 'threads'}`,
      against: 'PyTorch',
      target: targets.trainingSpeed,
      of: (results) => [results[ours].tokensPerSecond, results[torch].train_tok_s],
    })),
  };
}

function decoding({ threads }) {
  const counts = oneAnd(threads);
  const torch = (count) => yardstick(...flag('threads', count), '--steps', '1', '--warmup', '0', '--decode', '128');
  const name = (count) => `torch ${count}`;
  return {
    measurements: {
      ours: ours('decoding', 'yardstick', '--decoder', 'greedy', ...flag('threads', threads)),
      ...Object.fromEntries(counts.map((count) => [name(count), torch(count)])),
    },
    rows: [
      {
        name: 'greedy tokens/s, prompt 64, 128 tokens, batch 1',
        against: `PyTorch, the best of ${counts.toReversed().join(' and ')} threads`,
        target: targets.decodingSpeed,
        of: (results) => [
          results.ours.tokensPerSecond,
          Math.max(...counts.map((count) => results[name(count)].greedy_tok_s_b1)),
        ],
      },
    ],
  };
}

function memory({ threads, steps }) {
  return {
    measurements: { ours: ourTraining(threads, steps), torch: theirTraining(threads, steps) },
    rows: [
      {
        name: 'growth of resident memory in training',
        unit: 'bytes',
        against: 'PyTorch',
        target: targets.residentGrowth,
        of: ({ ours, torch }) => [ours.residentBytes, torch.peak_bytes],
      },
    ],
  };
}

function peak({ threads, steps, python }) {
  const args = [...flag('threads', threads), ...flag('steps', steps), '--torch', python];
  return {
    measurements: { ours: ours('share', 'yardstick', ...args) },
    rows: [
      {
        name: 'GFLOP/s of training, attention included',
        against: 'the GEMM peak, the better of ours and PyTorch’s',
        target: targets.peakShare,
        of: ({ ours }) => [ours.gflops, ours.gflops / ours.share],
      },
    ],
  };
}

/** The paper's claim that n heads cost no more than n blocks: only the readouts' FLOPs differ. */
function horizon({ threads, steps }) {
  const matched = { width: 256, layers: 6, vocab: 256, match: 'parameters', context: 256 };
  const training = (n) =>
    ours(
      'training',
      '6 layers, equal parameters',
      ...flag('threads', threads),
      ...flag('steps', steps),
      ...flag('match', 'parameters'),
      ...flag('horizon', n),
    );
  const flops = (n) => trainingFlopsPerToken({ ...matched, horizon: n });
  return {
    measurements: { four: training(4), one: training(1) },
    rows: [
      {
        name: 'step time of n=4 over that of n=1, equal parameters',
        against: 'their ratio of FLOPs',
        target: targets.horizonOverhead,
        of: ({ four, one }) => [four.stepMs / one.stepMs, flops(4) / flops(1)],
      },
    ],
  };
}

function backward({ threads, steps }) {
  const deep = ['--layers', '12', '--horizon', '8', '--match', 'parameters'];
  const common = [...deep, ...flag('threads', threads), ...flag('steps', steps)];
  const training = (order) => ours('training', '12 layers', ...common, ...flag('backward', order));
  const row = (name, key, more) => ({
    name: `${name}, n=8 of 12 blocks, sequential`,
    against: 'joint',
    of: ({ sequential, joint }) => [sequential[key], joint[key]],
    ...more,
  });
  return {
    measurements: { sequential: training('sequential'), joint: training('joint') },
    rows: [
      row('peak of tensors', 'peakBytes', { unit: 'bytes', target: targets.sequentialPeak }),
      row('step ms', 'stepMs', { target: targets.sequentialTime }),
    ],
  };
}

function plain({ threads, steps }) {
  return {
    pairs: 1,
    measurements: {
      ours: ourTraining(threads, steps),
      plain: { side: 'plain', model: 'yardstick', args: ['--steps', '1'] },
    },
    rows: [
      {
        name: 'training tokens/s',
        against: 'plain tfjs calls on wasm',
        target: targets.overPlainTfjs,
        of: ({ ours, plain }) => [ours.tokensPerSecond, plain.tokensPerSecond],
      },
    ],
  };
}

function precision({ threads, steps }) {
  const training = (type) =>
    ours('training', 'yardstick', ...flag('threads', threads), ...flag('steps', steps), ...flag('precision', type));
  return {
    measurements: { bfloat16: training('bfloat16'), float32: training('float32') },
    rows: [
      {
        name: 'training tokens/s in bfloat16',
        against: 'float32',
        target: targets.bfloat16Speed,
        of: ({ bfloat16, float32 }) => [bfloat16.tokensPerSecond, float32.tokensPerSecond],
      },
    ],
  };
}
