import { type Array64, coordinates, fill, fillAt, flatIndex, valueAt } from './array.ts';

function reduce(
  x: Array64,
  axis: number | readonly number[] | undefined,
  keepDims: boolean,
  f: (values: number[]) => number,
): Array64 {
  const rank = x.shape.length;
  const listed = axis === undefined ? x.shape.map((_, at) => at) : [axis].flat();
  const axes = listed.map((at) => (at < 0 ? at + rank : at));
  const kept = x.shape.map((size, at) => (axes.includes(at) ? 1 : size));
  const groups = fill(kept, () => 0).values.length;
  const members: number[][] = Array.from({ length: groups }, () => []);
  for (let index = 0; index < x.values.length; index++) {
    const at = coordinates(index, x.shape).map((coordinate, a) => (axes.includes(a) ? 0 : coordinate));
    members[flatIndex(at, kept)].push(x.values[index]);
  }
  const shape = keepDims ? kept : kept.filter((_, at) => !axes.includes(at));
  return fill(shape, (index) => f(members[index]));
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

function logTotal(values: readonly number[]): number {
  const largest = Math.max(...values);
  return largest + Math.log(total(values.map((value) => Math.exp(value - largest))));
}

/** Axes to reduce over. */
export type Axis = number | readonly number[];

/** Sum over axes; all by default. */
export const sum = (x: Array64, axis?: Axis, keepDims = false): Array64 => reduce(x, axis, keepDims, total);
/** Mean over axes; all by default. */
export const mean = (x: Array64, axis?: Axis, keepDims = false): Array64 =>
  reduce(x, axis, keepDims, (values) => total(values) / values.length);
/** Largest value over axes; all by default. */
export const max = (x: Array64, axis?: Axis, keepDims = false): Array64 =>
  reduce(x, axis, keepDims, (values) => Math.max(...values));
/** log(sum(exp(x))) over an axis; all by default. */
export const logSumExp = (x: Array64, axis?: number, keepDims = false): Array64 => reduce(x, axis, keepDims, logTotal);
/** The first of the largest values. */
export const argmax = (x: Array64): Array64 =>
  reduce(x, x.shape.length - 1, false, (values) => values.indexOf(Math.max(...values)));

/** x - log(sum(exp(x))) over the last axis. */
export function logSoftmax(x: Array64): Array64 {
  const totals = logSumExp(x, x.shape.length - 1);
  return fillAt(x.shape, (...at) => valueAt(x, ...at) - valueAt(totals, ...at.slice(0, -1)));
}

/** Over the last axis. */
export function softmax(x: Array64): Array64 {
  const logs = logSoftmax(x);
  return fill(x.shape, (index) => Math.exp(logs.values[index]));
}
