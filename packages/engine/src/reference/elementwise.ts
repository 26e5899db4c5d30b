import { type Array64, fill, fillAt, valueAt } from './array.ts';

const unary =
  (f: (x: number) => number) =>
  (x: Array64): Array64 =>
    fill(x.shape, (index) => f(x.values[index]));

function binary(f: (a: number, b: number) => number) {
  return (a: Array64, b: Array64 | number): Array64 => {
    const right = typeof b === 'number' ? fill([], () => b) : b;
    const rank = Math.max(a.shape.length, right.shape.length);
    const shape = Array.from({ length: rank }, (_, axis) => {
      const sizes = [a, right].map((x) => x.shape[axis - rank + x.shape.length] ?? 1);
      return sizes.includes(0) ? 0 : Math.max(...sizes);
    });
    const pick = (x: Array64, at: number[]) => {
      const own = at.slice(rank - x.shape.length).map((index, axis) => (x.shape[axis] === 1 ? 0 : index));
      return valueAt(x, ...own);
    };
    return fillAt(shape, (...at) => f(pick(a, at), pick(right, at)));
  };
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

export const add = binary((a, b) => a + b);
export const sub = binary((a, b) => a - b);
export const mul = binary((a, b) => a * b);
export const div = binary((a, b) => a / b);
export const maximum = binary(Math.max);
export const minimum = binary(Math.min);
export const neg = unary((x) => -x);
export const exp = unary(Math.exp);
export const log = unary(Math.log);
export const sqrt = unary(Math.sqrt);
export const square = unary((x) => x * x);
export const abs = unary(Math.abs);
export const tanh = unary(Math.tanh);
const sigmoids = unary(sigmoid);

export { sigmoids as sigmoid };
export const silu = unary((x) => x * sigmoid(x));
export const relu = unary((x) => Math.max(x, 0));
export const softplus = unary((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));

/** `a` where the condition is nonzero, else `b`. */
export function where(condition: ArrayLike<number>, a: Array64, b: Array64): Array64 {
  return fill(a.shape, (index) => (condition[index] !== 0 ? a.values[index] : b.values[index]));
}
