// I input width, O output width, D width, F inner width.
import * as reference from '../reference/index.ts';
import type { Tensor, Tensor1D, Tensor2D } from '../tensor.ts';
import type { OpCase } from './judge.ts';

const products: OpCase[] = [
  [
    [1, 1],
    [1, 1],
  ],
  [
    [3, 17],
    [17, 1],
  ],
  [
    [3, 17],
    [17, 5],
  ],
  [
    [17, 3],
    [3, 17],
  ],
  [[2, 1, 1, 1], [2, 1, 3, 1].with(2, 1)],
  [
    [3, 3, 17],
    [3, 17, 2],
  ],
  [
    [2, 3, 1, 4],
    [2, 3, 4, 9],
  ],
  [
    [1, 1, 5, 4],
    [1, 1, 4, 9],
  ],
  [
    [127, 3],
    [3, 17],
  ],
  [
    [0, 3],
    [3, 5],
  ],
  [
    [0, 2, 3],
    [0, 3, 5],
  ],
].map(([a, b]) => ({
  name: `matmul of [${a}] and [${b}]`,
  shapes: [a, b],
  run: (ops, [left, right]) => ops.matmul(left, right),
  reference: (left, right) => reference.matmul(left, right),
}));

const linears: OpCase[] = [
  { x: [3], weight: [3, 2] },
  { x: [1, 1], weight: [1, 1] },
  { x: [17, 3], weight: [3, 17] },
  { x: [2, 3, 5], weight: [5, 17] },
  { x: [1, 17, 2, 3], weight: [3, 1] },
  { x: [1, 3], weight: [3, 127] },
  { x: [3, 17], weight: [17, 127] },
  { x: [17, 127], weight: [127, 1] },
  { x: [127, 1], weight: [1, 3] },
  { x: [0, 5], weight: [5, 17] },
  { x: [0, 3, 5], weight: [5, 3] },
].flatMap(({ x, weight }) => {
  const y = x.with(-1, weight[1]);
  return [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ].map<OpCase>(([biased, residual]) => ({
    name: `linear of [${x}] by [${weight}]${biased ? ' with bias' : ''}${residual ? ' with residual' : ''}`,
    shapes: [x, weight, ...(biased ? [[weight[1]]] : []), ...(residual ? [y] : [])],
    run: (ops, [input, matrix, ...rest]) =>
      ops.linear(input, matrix as Tensor2D, {
        ...(biased && { bias_O: rest[0] as Tensor1D }),
        ...(residual && { residual: rest[biased ? 1 : 0] }),
      }),
    reference: (input, matrix, ...rest) =>
      reference.linear(input, matrix, biased ? rest[0] : undefined, residual ? rest[biased ? 1 : 0] : undefined),
  }));
});

const normed = [[1], [3], [17], [127], [3, 17], [2, 3, 5], [1, 3], [3, 127], [17, 17], [127, 1], [127, 3], [0, 17]];
const norms: OpCase[] = normed.map((shape) => ({
  name: `rmsNorm of [${shape}]`,
  shapes: [shape, [shape[shape.length - 1]]],
  run: (ops, [x, gain]) => ops.rmsNorm(x, gain as Tensor1D),
  reference: (x, gain) => reference.rmsNorm(x, gain),
}));

const gated = (ops: Parameters<OpCase['run']>[0], [x, gate, up, down, residual]: readonly Tensor[]): Tensor =>
  ops.gatedMlp(
    x,
    { gate_DF: gate as Tensor2D, up_DF: up as Tensor2D, down_FD: down as Tensor2D },
    residual === undefined ? undefined : { residual },
  );

const mlps: OpCase[] = [
  { x: [1, 1], F: 1, residual: false },
  { x: [3, 5], F: 17, residual: false },
  { x: [2, 3, 5], F: 3, residual: true },
  { x: [1, 3], F: 17, residual: true },
  { x: [3, 17], F: 127, residual: false },
  { x: [17, 127], F: 1, residual: true },
  { x: [127, 1], F: 3, residual: false },
  { x: [0, 5], F: 17, residual: true },
].map(({ x, F, residual }) => {
  const D = x[x.length - 1];
  return {
    name: `gatedMlp of [${x}] through ${F}${residual ? ' with residual' : ''}`,
    shapes: [x, [D, F], [D, F], [F, D], ...(residual ? [x] : [])],
    run: (ops, inputs) => gated(ops, inputs),
    reference: (input, gate, up, down, rest) => reference.gatedMlp(input, gate, up, down, rest),
  };
});

/** Larger than a tile of any kernel, with a rest. */
const largeLinear: OpCase = {
  name: 'linear of [127,127] by [127,17] with bias and residual',
  shapes: [[127, 127], [127, 17], [17], [127, 17]],
  run: (ops, [x, weight, bias, residual]) => ops.linear(x, weight as Tensor2D, { bias_O: bias as Tensor1D, residual }),
  reference: (x, weight, bias, residual) => reference.linear(x, weight, bias, residual),
};

const readouts: OpCase[] = [
  { rows: 1, E: 127, V: 3 },
  { rows: 3, E: 17, V: 127 },
  { rows: 127, E: 3, V: 17 },
  { rows: 0, E: 3, V: 17 },
].map(({ rows, E, V }) => ({
  name: `readoutLogits of [${rows},${E}] to ${V}`,
  shapes: [[rows, E], [E], [E, V], [V]],
  hasGradient: false,
  run: (ops, [hidden, gain, weight, bias]) =>
    ops.readoutLogits(hidden as Tensor2D, {
      gain_E: gain as Tensor1D,
      weight_EV: weight as Tensor2D,
      bias_V: bias as Tensor1D,
    }),
  reference: (hidden, gain, weight, bias) => reference.readoutLogits(hidden, weight, gain, bias),
}));

export const linearCases: OpCase[] = [
  ...products,
  ...linears,
  largeLinear,
  ...norms,
  ...mlps,
  ...readouts,
  {
    name: 'rmsNorm with a large epsilon',
    shapes: [[3, 5], [5]],
    run: (ops, [x, gain]) => ops.rmsNorm(x, gain as Tensor1D, 0.5),
    reference: (x, gain) => reference.rmsNorm(x, gain, 0.5),
  },
  {
    name: 'a projection of its own input as residual',
    shapes: [
      [3, 5],
      [5, 5],
    ],
    run: (ops, [x, weight]) => ops.linear(x, weight as Tensor2D, { residual: x }),
    reference: (x, weight) => reference.linear(x, weight, undefined, x),
  },
];
