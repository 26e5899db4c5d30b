// B windows, T inputs each.
import { ROOT } from '@foretoken/engine/nodes';
import type { Windows } from '../contracts/evaluation.ts';

/** Windows as a training step takes them: host arrays, row-major, B*T long. */
export interface TokenBatch {
  readonly B: number;
  readonly T: number;
  readonly tokens_BT: Int32Array;
  /** Position in the document as far as the window shows it, from 0. */
  readonly position_BT: Int32Array;
  /** The input before, or ROOT where a document or the window starts: attention never crosses a boundary. */
  readonly parent_BT: Int32Array;
  /** T for every row. */
  readonly length_B: Int32Array;
  /** The token `offset` further on, whatever document it is in: what a head that reads ahead is given. */
  ahead(offset: number): Int32Array;
  /** The token `offset` further on, or -1 where it is in another document. */
  target(offset: number): Int32Array;
}

/**
 * Reads windows into one batch.
 * @param indices - which windows, one per row
 * @param options.context - inputs of a window, T
 * @param options.maxOffset - tokens behind them
 */
export function makeBatch(
  windows: Windows,
  indices: readonly number[],
  { context: T, maxOffset }: { readonly context: number; readonly maxOffset: number },
): TokenBatch {
  const rows = indices.map((index) => windows.read(index));
  const B = rows.length;
  const fill = (value: (row: (typeof rows)[number], t: number) => number) =>
    Int32Array.from({ length: B * T }, (_, at) => value(rows[Math.floor(at / T)], at % T));
  const checked = (offset: number) => {
    if (Number.isInteger(offset) && offset >= 1 && offset <= maxOffset) return offset;
    throw new RangeError(`an offset must be an integer in [1, ${maxOffset}], was ${offset}`);
  };
  const parent_BT = fill(({ document }, t) => (t > 0 && document[t] === document[t - 1] ? t - 1 : ROOT));
  return {
    B,
    T,
    tokens_BT: fill(({ tokens }, t) => tokens[t]),
    position_BT: positionsFrom(parent_BT),
    parent_BT,
    length_B: new Int32Array(B).fill(T),
    ahead: (offset) => {
      const i = checked(offset);
      return fill(({ tokens }, t) => tokens[t + i]);
    },
    target: (offset) => {
      const i = checked(offset);
      return fill(({ tokens, document }, t) => (document[t + i] === document[t] ? tokens[t + i] : -1));
    },
  };
}

function positionsFrom(parent_BT: Int32Array): Int32Array {
  const position_BT = new Int32Array(parent_BT.length);
  parent_BT.forEach((parent, at) => {
    position_BT[at] = parent === ROOT ? 0 : position_BT[at - 1] + 1;
  });
  return position_BT;
}
