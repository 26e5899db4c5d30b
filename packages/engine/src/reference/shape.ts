import { type Array64, fill, fillAt, valueAt } from './array.ts';

/** The same values in another shape. */
export function reshape(x: Array64, shape: readonly number[]): Array64 {
  return { shape, values: x.values };
}

/** Axes in another order, reversed by default. */
export function transpose(x: Array64, permutation?: readonly number[]): Array64 {
  const order = permutation ?? x.shape.map((_, axis) => x.shape.length - 1 - axis);
  return fillAt(
    order.map((axis) => x.shape[axis]),
    (...at) => valueAt(x, ...x.shape.map((_, axis) => at[order.indexOf(axis)])),
  );
}

/** Parts one after the other along an axis. */
export function concat(parts: readonly Array64[], axis: number): Array64 {
  const total = parts.reduce((sum, { shape }) => sum + shape[axis], 0);
  const shape = parts[0].shape.map((size, at) => (at === axis ? total : size));
  return fillAt(shape, (...at) => {
    let rest = at[axis];
    for (const part of parts) {
      if (rest < part.shape[axis]) return valueAt(part, ...at.map((index, a) => (a === axis ? rest : index)));
      rest -= part.shape[axis];
    }
    return Number.NaN;
  });
}

/** A block. */
export function slice(x: Array64, begin: readonly number[], size: readonly number[]): Array64 {
  return fillAt(size, (...at) => valueAt(x, ...at.map((index, axis) => begin[axis] + index)));
}

/** Rows of the first axis by index. */
export function gatherRows(x: Array64, rows: readonly number[]): Array64 {
  return fillAt([rows.length, ...x.shape.slice(1)], (row, ...rest) => valueAt(x, rows[row], ...rest));
}

/** Rows of a table by token id, [B,T] to [B,T,D]. */
export function embed(tokens: readonly number[], shape: readonly [number, number], table: Array64): Array64 {
  return fill([...shape, table.shape[1]], (index) => {
    const D = table.shape[1];
    return valueAt(table, tokens[Math.floor(index / D)], index % D);
  });
}
