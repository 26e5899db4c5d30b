// B rows, T positions.
import type { LanguageModel } from '../../contracts/model.ts';
import { broken } from '../contract.ts';
import type { HeadCheck } from './head-case.ts';
import { buildSmallModel, type HeadCase } from './head-case.ts';
import { type HostOffset, type HostTensor, offsetsOf } from './run-head.ts';
import { type Place, SMALL_TEXT } from './small-text.ts';

const { B, T, boundary } = SMALL_TEXT;

/**
 * Exchanges each token of the text in turn and looks at what moves, to the bit. A head that saw what it predicts would
 * train well and draft nonsense.
 */
export const seesNoFuture: HeadCheck = {
  title: 'sees, for offset i at t, nothing of token t+i or later, of other rows or of other documents, but the present',
  run(head) {
    const model = buildSmallModel(head);
    try {
      const base = offsetsOf(model);
      const moved = new Set<number>();
      for (let row = 0; row < B; row++) {
        for (let column = 0; column < T + model.dims.maxOffset; column++) {
          checkExchange(head, model, base, { row, column }, moved);
        }
      }
      for (const offset of model.offsets) {
        if (!moved.has(offset))
          throw broken(
            head,
            `offset ${offset} never depends on the token it stands on. Read the trunk’s state of that position; if it is ` +
              `meant to read an earlier one: describeHeadContract(..., { readEarlier: [${offset}] }).`,
          );
      }
    } finally {
      model.dispose();
    }
  },
};

/** @param moved - collects the offsets that depend on the present token */
function checkExchange(
  head: HeadCase,
  model: LanguageModel,
  base: ReadonlyMap<number, HostOffset>,
  place: Place,
  moved: Set<number>,
): void {
  const other = offsetsOf(model, place);
  for (const [offset, { hidden, carry }] of base) {
    for (const [what, before, after] of [
      ['hidden state', hidden, other.get(offset)!.hidden],
      ['carry', carry, other.get(offset)!.carry],
    ] as const) {
      for (const { row, column } of changes(before, after)) {
        if (row === place.row && standsOn(head, offset, column, place.column)) moved.add(offset);
        const why = forbidden(offset, { row, column }, place);
        if (!why) continue;
        throw broken(
          head,
          `the ${what} of offset ${offset} at row ${row}, position ${column} moved when the token at row ${place.row}, ` +
            `position ${place.column} was exchanged; it must not see ${why}. Let positions meet in \`ops.attention\` and ` +
            '`memory.scan` alone, with the nodes that were given.',
        );
      }
    }
  }
}

/** Whether an offset at a column may be said to stand on the token of another. */
const standsOn = ({ readEarlier }: HeadCase, offset: number, column: number, token: number): boolean =>
  readEarlier.includes(offset) ? token < column : token === column;

/** Why an output must not depend on a token; undefined where it may. */
function forbidden(offset: number, at: Place, token: Place): string | undefined {
  const isAhead = at.row === token.row && token.column >= at.column + offset;
  return isAhead ? `tokens from position ${at.column + offset} on` : elsewhere(at, token);
}

/** Why nothing at a place may depend on a token, whatever is predicted there; undefined where they share a document. */
export function elsewhere(at: Place, token: Place): string | undefined {
  if (at.row !== token.row) return 'other rows';
  const isEarlierDocument = at.row === B - 1 && at.column >= boundary && token.column < boundary;
  return isEarlierDocument ? 'an earlier document' : undefined;
}

/** Positions at which two [B,T,...] tensors differ. */
export function changes(before: HostTensor, after: HostTensor): Place[] {
  const width = before.values.length / (B * T);
  const differs = (at: number) => {
    for (let i = at * width; i < (at + 1) * width; i++) if (before.values[i] !== after.values[i]) return true;
    return false;
  };
  return Array.from({ length: B * T }, (_, at) => at)
    .filter(differs)
    .map((at) => ({ row: Math.floor(at / T), column: at % T }));
}
