import * as reference from '../reference/index.ts';
import type { OpCase } from './judge.ts';

const transposes: OpCase[] = [
  { shape: [3, 17], permutation: undefined },
  { shape: [17, 33], permutation: [1, 0] },
  { shape: [1, 17], permutation: [1, 0] },
  { shape: [3, 1, 17], permutation: undefined },
  { shape: [3, 2, 5], permutation: [0, 2, 1] },
  { shape: [2, 3, 4, 5], permutation: [0, 2, 1, 3] },
  { shape: [2, 3, 4, 5], permutation: [3, 1, 0, 2] },
  { shape: [3, 17], permutation: [0, 1] },
  { shape: [127, 17], permutation: undefined },
  { shape: [0, 17], permutation: undefined },
  { shape: [0, 3, 17], permutation: [0, 2, 1] },
].map(({ shape, permutation }) => ({
  name: `transpose of [${shape}] by [${permutation}]`,
  shapes: [shape],
  run: (ops, [x]) => ops.transpose(x, permutation),
  reference: (x) => reference.transpose(x, permutation),
}));

const slices: OpCase[] = [
  { shape: [17], begin: [3], size: [5] },
  { shape: [3, 17], begin: [1, 2], size: [2, 5] },
  { shape: [3, 17], begin: [0, 0], size: [3, 17] },
  { shape: [2, 3, 17], begin: [1, 0, 16], size: [1, 3, 1] },
  { shape: [2, 3, 70, 3], begin: [0, 1, 2, 0], size: [2, 2, 66, 3] },
  { shape: [3, 17], begin: [1, 2], size: [0, 5] },
  { shape: [0, 17], begin: [0, 2], size: [0, 5] },
].map(({ shape, begin, size }) => ({
  name: `slice of [${shape}] at [${begin}] of [${size}]`,
  shapes: [shape],
  run: (ops, [x]) => ops.slice(x, begin, size),
  reference: (x) => reference.slice(x, begin, size),
}));

const rows = [2, 0, 2, 2, 1];
const block = (x: reference.Array64, axis: number, begin: number, size: number): reference.Array64 =>
  reference.slice(
    x,
    x.shape.map((_, at) => (at === axis ? begin : 0)),
    x.shape.map((length, at) => (at === axis ? size : length)),
  );

const ofNoRows: OpCase[] = [
  {
    name: 'reshape of no rows',
    shapes: [[0, 12]],
    run: (ops, [x]) => ops.reshape(x, [0, 3, 4]),
    reference: (x) => reference.reshape(x, [0, 3, 4]),
  },
  ...[0, 1].map<OpCase>((axis) => ({
    name: `concat on axis ${axis} with no rows`,
    shapes:
      axis === 0
        ? [
            [0, 4],
            [3, 4],
            [0, 4],
          ]
        : [
            [0, 4],
            [0, 3],
          ],
    run: (ops, parts) => ops.concat(parts, axis),
    reference: (...parts) => reference.concat(parts, axis),
  })),
  {
    name: 'stack of no rows',
    shapes: [
      [0, 4],
      [0, 4],
    ],
    run: (ops, parts) => ops.stack(parts, 1),
    reference: () => reference.fill([0, 2, 4], () => 0),
  },
  {
    name: 'split of no rows',
    shapes: [[0, 6]],
    run: (ops, [x]) => ops.split(x, [1, 2, 3], 1)[2],
    reference: () => reference.fill([0, 3], () => 0),
  },
  {
    name: 'split with a part of no rows, put together in reverse',
    shapes: [[3, 6]],
    run: (ops, [x]) => ops.concat(ops.split(x, [1, 0, 2], 0).reverse(), 0),
    reference: (x) => reference.concat([block(x, 0, 1, 2), block(x, 0, 0, 1)], 0),
  },
  {
    name: 'gatherRows of none of the rows',
    shapes: [[3, 4]],
    run: (ops, [x]) => ops.gatherRows(x, []),
    reference: (x) => reference.gatherRows(x, []),
  },
];

export const shapeCases: OpCase[] = [
  ...transposes,
  ...slices,
  ...ofNoRows,
  {
    name: 'reshape with a guessed axis',
    shapes: [[3, 4, 5]],
    run: (ops, [x]) => ops.reshape(x, [6, -1]),
    reference: (x) => reference.reshape(x, [6, 10]),
  },
  ...[0, 1, -1].map<OpCase>((axis) => ({
    name: `concat on axis ${axis}`,
    shapes:
      axis === 0
        ? [
            [2, 3, 4],
            [1, 3, 4],
          ]
        : axis === 1
          ? [
              [2, 3, 4],
              [2, 1, 4],
              [2, 2, 4],
            ]
          : [
              [2, 3, 4],
              [2, 3, 70],
            ],
    run: (ops, parts) => ops.concat(parts, axis),
    reference: (...parts) => reference.concat(parts, axis < 0 ? 2 : axis),
  })),
  {
    name: 'concat of a tensor with itself',
    shapes: [[3, 4]],
    run: (ops, [x]) => ops.concat([x, x], 1),
    reference: (x) => reference.concat([x, x], 1),
  },
  ...[0, 1, 2].map<OpCase>((axis) => ({
    name: `stack on axis ${axis}`,
    shapes: [
      [3, 4],
      [3, 4],
    ],
    run: (ops, parts) => ops.stack(parts, axis),
    reference: (...parts) => {
      const shape = [3, 4].toSpliced(axis, 0, 1);
      return reference.concat(
        parts.map((part) => reference.reshape(part, shape)),
        axis,
      );
    },
  })),
  ...[0, 1, 2].map<OpCase>((axis) => ({
    name: `split of axis ${axis} in unequal parts, one unused`,
    shapes: [[6, 6, 6]],
    run: (ops, [x]) => {
      const [first, , third] = ops.split(x, [1, 2, 3], axis);
      return ops.concat([third, first], axis);
    },
    reference: (x) => reference.concat([block(x, axis, 3, 3), block(x, axis, 0, 1)], axis),
  })),
  {
    name: 'split in equal parts of the last axis',
    shapes: [[3, 12]],
    run: (ops, [x]) => {
      const [a, b, c] = ops.split(x, 3, -1);
      return ops.add(ops.mul(a, b), c);
    },
    reference: (x) => {
      const [a, b, c] = [0, 4, 8].map((begin) => block(x, 1, begin, 4));
      return reference.add(reference.mul(a, b), c);
    },
  },
  ...[[3], [3, 4], [3, 2, 17]].map<OpCase>((shape) => ({
    name: `gatherRows of [${shape}] with repeats`,
    shapes: [shape],
    run: (ops, [x]) => ops.gatherRows(x, rows),
    reference: (x) => reference.gatherRows(x, rows),
  })),
];
