// B rows, T positions.
import type { LanguageModel } from '../../contracts/model.ts';
import { broken } from '../contract.ts';
import { changes, elsewhere } from '../head/causality.ts';
import type { HeadCheck } from '../head/head-case.ts';
import { buildSmallModel, type HeadCase } from '../head/head-case.ts';
import { type HostOffset, offsetsOf } from '../head/run-head.ts';
import { type Place, SMALL_TEXT } from '../head/small-text.ts';
import { TAPS } from './trunk-case.ts';

const { B, T } = SMALL_TEXT;

/** Exchanges each token of the text in turn and looks at what moves, to the bit. */
export const seesNoFuture: HeadCheck = {
  title: 'sees, at t, the token it stands on and nothing of later tokens, of other rows or of other documents',
  run(head) {
    const model = buildSmallModel(head);
    try {
      const base = offsetsOf(model);
      for (let row = 0; row < B; row++) {
        for (let column = 0; column < T; column++) checkExchange(head, model, base, { row, column });
      }
    } finally {
      model.dispose();
    }
  },
};

function checkExchange(
  head: HeadCase,
  model: LanguageModel,
  base: ReadonlyMap<number, HostOffset>,
  token: Place,
): void {
  const other = offsetsOf(model, token);
  for (const [offset, { hidden }] of base) {
    const moved = changes(hidden, other.get(offset)!.hidden);
    for (const place of moved) {
      const why = forbidden(place, token);
      if (!why) continue;
      throw broken(
        head,
        `tap ${TAPS[offset - 1]} at row ${place.row}, position ${place.column} moved when the token at row ${token.row}, ` +
          `position ${token.column} was exchanged; it must not see ${why}. Let positions meet in \`ops.attention\` and ` +
          '`memory.scan` alone, with the nodes that were given.',
      );
    }
    if (moved.some(({ row, column }) => row === token.row && column === token.column)) continue;
    throw broken(
      head,
      `tap ${TAPS[offset - 1]} at row ${token.row}, position ${token.column} does not depend on the token it stands on. ` +
        'Offset 1 is predicted from there.',
    );
  }
}

/** Why a state must not depend on a token; undefined where it may. */
function forbidden(at: Place, token: Place): string | undefined {
  return at.row === token.row && token.column > at.column ? 'later tokens' : elsewhere(at, token);
}
