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

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** a + b, broadcast. */
export const add = binary((a, b) => a + b);
/** a - b, broadcast. */
export const sub = binary((a, b) => a - b);
/** a * b, broadcast. */
export const mul = binary((a, b) => a * b);
/** a / b, broadcast. */
export const div = binary((a, b) => a / b);
/** The larger of a and b, broadcast. */
export const maximum = binary(Math.max);
/** The smaller of a and b, broadcast. */
export const minimum = binary(Math.min);
/** -x. */
export const neg = unary((x) => -x);
/** e^x. */
export const exp = unary(Math.exp);
/** The natural logarithm. */
export const log = unary(Math.log);
/** The square root. */
export const sqrt = unary(Math.sqrt);
/** x^2. */
export const square = unary((x) => x * x);
/** |x|. */
export const abs = unary(Math.abs);
/** The hyperbolic tangent. */
export const tanh = unary(Math.tanh);
/** 1 / (1 + e^-x). */
export const sigmoid = unary(logistic);
/** x * sigmoid(x). */
export const silu = unary((x) => x * logistic(x));
/** The larger of x and 0. */
export const relu = unary((x) => Math.max(x, 0));
/** log(1 + e^x), without overflow. */
export const softplus = unary((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));

/** `a` where the condition is nonzero, else `b`. */
export function where(condition: ArrayLike<number>, a: Array64, b: Array64): Array64 {
  return fill(a.shape, (index) => (condition[index] !== 0 ? a.values[index] : b.values[index]));
}
