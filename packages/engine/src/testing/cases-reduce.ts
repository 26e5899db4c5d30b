import * as reference from '../reference/index.ts';
import type { OpCase } from './judge.ts';

const { sum, mean, max, softmax, logSoftmax } = reference;
const overAxes = { sum, mean, max };
const overLast = { softmax, logSoftmax };
const axes = [undefined, 0, 1, -1, [0, 2], [1, 2]];
const reductions = (['sum', 'mean', 'max'] as const).flatMap((name) =>
  axes.flatMap((axis) =>
    [false, true].map<OpCase>((keepDims) => ({
      name: `${name} over ${axis} ${keepDims ? 'kept' : 'dropped'}`,
      shapes: [[3, 1, 17]],
      run: (ops, [x]) => ops[name](x, axis, keepDims),
      reference: (x) => overAxes[name](x, axis, keepDims),
    })),
  ),
);

const overLastAxis = (['softmax', 'logSoftmax'] as const).flatMap((name) =>
  [[17], [3, 1], [3, 17], [2, 3, 5], [3, 127], [127, 3], [0, 17]].map<OpCase>((shape) => ({
    name: `${name} of [${shape}]`,
    shapes: [shape],
    run: (ops, [x]) => ops[name](x),
    reference: (x) => overLast[name](x),
  })),
);

/** The mean and the maximum of nothing are not numbers, so only axes that hold something are reduced. */
const ofNoRows: OpCase[] = [
  ...(['sum', 'mean', 'max'] as const).flatMap((name) =>
    [1, -1, [1, 2]].map<OpCase>((axis) => ({
      name: `${name} over ${axis} of no rows`,
      shapes: [[0, 3, 17]],
      run: (ops, [x]) => ops[name](x, axis),
      reference: (x) => overAxes[name](x, axis),
    })),
  ),
  ...[undefined, 0].map<OpCase>((axis) => ({
    name: `sum over ${axis} of no rows`,
    shapes: [[0, 17]],
    run: (ops, [x]) => ops.sum(x, axis),
    reference: (x) => reference.sum(x, axis),
  })),
  {
    name: 'logSumExp of no rows',
    shapes: [[0, 17]],
    run: (ops, [x]) => ops.logSumExp(x, -1),
    reference: (x) => reference.logSumExp(x, -1),
  },
  {
    name: 'argmax of no rows',
    shapes: [[0, 17]],
    hasGradient: false,
    run: (ops, [x]) => ops.argmax(x),
    reference: (x) => reference.argmax(x),
  },
];

export const reduceCases: OpCase[] = [
  ...reductions,
  ...ofNoRows,
  ...overLastAxis,
  ...[undefined, 0, -1].map<OpCase>((axis) => ({
    name: `logSumExp over ${axis}`,
    shapes: [[3, 17]],
    run: (ops, [x]) => ops.logSumExp(x, axis),
    reference: (x) => reference.logSumExp(x, axis),
  })),
  {
    name: 'logSumExp with kept axes',
    shapes: [[3, 17]],
    run: (ops, [x]) => ops.logSumExp(x, 1, true),
    reference: (x) => reference.logSumExp(x, 1, true),
  },
  {
    name: 'argmax',
    shapes: [[3, 5, 17]],
    hasGradient: false,
    run: (ops, [x]) => ops.argmax(x),
    reference: (x) => reference.argmax(x),
  },
];
