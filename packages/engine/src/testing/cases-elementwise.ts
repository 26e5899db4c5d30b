import type { Ops } from '../ops/contract.ts';
import * as reference from '../reference/index.ts';
import { type Tensor, tf } from '../tensor.ts';
import type { OpCase } from './judge.ts';

const positive = (value: number): number => Math.abs(value) + 0.25;
/** Away from 0, where the slope of abs and relu jumps. */
const offZero = (value: number): number => value + Math.sign(value) * 0.1;

const { neg, exp, square, tanh, sigmoid, silu, softplus, log, sqrt, abs, relu } = reference;
const unaries = { neg, exp, square, tanh, sigmoid, silu, softplus, log, sqrt, abs, relu };
type Unary = keyof typeof unaries;
const unary = (name: Unary, domain?: (value: number) => number): OpCase[] =>
  [[1], [3, 17], [1, 3, 1, 17], [127], [0, 17]].map((shape) => ({
    name: `${name} of [${shape}]`,
    shapes: [shape],
    domain,
    run: (ops: Ops, [x]: readonly Tensor[]) => ops[name](x),
    reference: (x) => unaries[name](x),
  }));

const { add, sub, mul, div, maximum, minimum } = reference;
const binaries = { add, sub, mul, div, maximum, minimum };
type Binary = keyof typeof binaries;
const operandShapes = [
  [
    [3, 17],
    [3, 17],
  ],
  [[3, 17], [17]],
  [
    [3, 17],
    [1, 17],
  ],
  [
    [3, 17],
    [3, 1],
  ],
  [[17], [3, 17]],
  [
    [3, 1, 17],
    [3, 3, 1],
  ],
  [[3, 3], []],
  [[1], [1]],
  [[127], [127]],
  [
    [0, 17],
    [0, 17],
  ],
  [[0, 17], [17]],
  [
    [3, 1, 17],
    [0, 17],
  ],
  [[0, 17], []],
];
const binary = (name: Binary): OpCase[] =>
  operandShapes.map(([left, right]) => ({
    name: `${name} of [${left}] and [${right}]`,
    shapes: [left, right],
    domain: (value, input) => (name === 'div' && input === 1 ? positive(value) : value),
    run: (ops: Ops, [a, b]: readonly Tensor[]) => ops[name](a, b),
    reference: (a, b) => binaries[name](a, b),
  }));

const withNumber = (name: Binary): OpCase[] =>
  [
    [3, 17],
    [0, 17],
  ].map((shape) => ({
    name: `${name} of [${shape}] and a number`,
    shapes: [shape],
    run: (ops, [a]) => ops[name](a, 0.3),
    reference: (a) => binaries[name](a, 0.3),
  }));

const flags = Int32Array.from({ length: 51 }, (_, index) => (index % 3 === 0 ? 0 : index % 3));
const where = (dtype: 'bool' | 'int32', rows: number): OpCase => ({
  name: `where with ${dtype} flags for ${rows} rows`,
  shapes: [
    [rows, 17],
    [rows, 17],
  ],
  run: (ops, [a, b]) => ops.where(tf.cast(tf.tensor(flags.subarray(0, rows * 17), [rows, 17], 'int32'), dtype), a, b),
  reference: (a, b) => reference.where(flags.subarray(0, rows * 17), a, b),
});

const BINARY = Object.keys(binaries) as Binary[];
const SMOOTH: Unary[] = ['neg', 'exp', 'square', 'tanh', 'sigmoid', 'silu', 'softplus'];

export const elementwiseCases: OpCase[] = [
  ...BINARY.flatMap(binary),
  ...BINARY.flatMap(withNumber),
  ...SMOOTH.flatMap((name) => unary(name)),
  ...unary('log', positive),
  ...unary('sqrt', positive),
  ...unary('abs', offZero),
  ...unary('relu', offZero),
  ...[3, 0].flatMap((rows) => [where('bool', rows), where('int32', rows)]),
  ...[
    [3, 17],
    [1, 3, 1, 17],
    [0, 17],
  ].map((shape) => ({
    name: `silu of [${shape}] with residual`,
    shapes: [shape, shape],
    run: (ops: Ops, [x, rest]: readonly Tensor[]) => ops.silu(x, { residual: rest }),
    reference: (x: reference.Array64, rest: reference.Array64) => reference.add(reference.silu(x), rest),
  })),
  {
    name: 'one tensor used twice',
    shapes: [[3, 17]],
    run: (ops, [x]) => ops.add(ops.mul(x, x), ops.exp(x)),
    reference: (x) => reference.add(reference.mul(x, x), reference.exp(x)),
  },
];
