// The head against numbers that NumPy gave for the formula of the README: one position, D = 3, E = 2, two layers.
import type { HeadContext, OffsetInput, OffsetOutput } from '@foretoken/core/plugin';
import { expect, test } from 'vitest';
import recurrentDrafter from './recurrent-drafter.ts';

const WEIGHTS: Record<string, unknown> = {
  'token-norm': [1, 0.5, 2],
  token: [
    [0.5, -1],
    [2, 0.25],
    [-0.75, 1.5],
  ],
  state: [
    [0.3, -0.6],
    [0.9, 0.4],
  ],
  bias: [0.1, -0.2],
  'trunk-norm': [0.8, 1.2, 1],
  merge: [
    [0.2, -0.1, 0.4],
    [0.3, 0.5, -0.2],
    [-0.6, 0.1, 0.7],
    [1, -0.5, 0.25],
    [0.4, 0.8, -0.9],
  ],
  'layers.1': [
    [0.5, 0.1, -0.3],
    [-0.2, 0.6, 0.4],
    [0.3, -0.7, 0.2],
  ],
  'layers.2': [
    [0.1, -0.4, 0.2],
    [0.8, 0.3, -0.5],
    [-0.6, 0.2, 0.9],
  ],
};
const EMBEDDING = [
  [0.2, -0.4, 0.6],
  [1, 0.5, -0.3],
  [-0.8, 0.7, 0.1],
];
const Z = [0.9, -1.1, 0.4];

/** A tensor of one position: its last axis, with a shape. */
type Numbers = number[] & { shape: number[] };
const tensor = (values: number[]) => Object.assign(values, { shape: [1, 1, values.length] });
const silu = (x: number) => x / (1 + Math.exp(-x));
const ops = {
  zeros: (shape: number[]) => tensor(Array(shape[2]).fill(0)),
  add: (a: Numbers, b: Numbers) => tensor(a.map((x, i) => x + b[i])),
  concat: (parts: Numbers[]) => tensor(parts.flat()),
  silu: (x: Numbers) => tensor(x.map(silu)),
  rmsNorm: (x: Numbers, gain: number[]) => {
    const size = Math.sqrt(x.reduce((sum, one) => sum + one * one, 0) / x.length);
    return tensor(x.map((one, i) => (one / size) * gain[i]));
  },
  linear: (x: Numbers, w: number[][], { bias_O, residual }: { bias_O?: number[]; residual?: number[] } = {}) =>
    tensor(
      w[0].map((_, o) => x.reduce((sum, one, i) => sum + one * w[i][o], (bias_O?.[o] ?? 0) + (residual?.[o] ?? 0))),
    ),
};

test('state, carry and hidden states of each offset, past the horizon too, are those of the formula', () => {
  const context = {
    ops,
    param: (name: string) => WEIGHTS[name],
    embed: ([token]: number[]) => tensor([...EMBEDDING[token]]),
    dims: { width: 3, horizon: 2 },
  } as unknown as HeadContext;
  const head = recurrentDrafter.create(context, { stateWidth: 2, layers: 2 });
  let carry: unknown;
  const outputs = [1, 2, 3, 4].map((offset) => {
    const input = { trunk: [tensor([...Z])], carry_BTC: carry, ahead: [[2], [1], [0]].slice(0, offset - 1) };
    const { hidden_BTE, carry_BTC } = head.forward(offset, input as unknown as OffsetInput) as OffsetOutput;
    carry = carry_BTC;
    return [hidden_BTE, carry_BTC] as unknown as [number[], number[]];
  });
  const expected = [
    [Z, [0, 0]],
    [
      [1.4144142370399488, -1.2872158254749002, 0.3781315045985898],
      [0.20084919741062263, 1.465607555611231],
    ],
    [
      [7.0091143257258475, -4.03404431989374, 7.574551383527375],
      [3.5563476948350385, -0.19127157325102],
    ],
    [
      [0.5178258734579271, -1.551366297371918, 1.1668992513076173],
      [-0.2566553931486121, 0.8999382568789389],
    ],
  ];
  for (const [i, [hidden, state]] of outputs.entries()) {
    for (const [j, value] of [...hidden, ...state].entries()) expect(value).toBeCloseTo(expected[i].flat()[j], 12);
  }
});
