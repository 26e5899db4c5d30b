// B rows, T positions, C width of a state.
import type { LanguageModel } from '../../contracts/model.ts';
import { broken } from '../contract.ts';
import type { HeadCheck } from './head-case.ts';
import { buildSmallModel, type HeadCase } from './head-case.ts';
import { type HostOffset, offsetsOf } from './run-head.ts';
import { SMALL_TEXT, type TextPart } from './small-text.ts';

const { B, T } = SMALL_TEXT;

/** Parts of the text that are run by themselves: every row alone, the rows the other way round, the first columns. */
const PARTS: readonly (TextPart & { readonly said: string })[] = [
  ...Array.from({ length: B }, (_, row) => ({ said: `row ${row} alone`, rows: [row], columns: T })),
  { said: 'the rows in reverse order', rows: Array.from({ length: B }, (_, row) => B - 1 - row), columns: T },
  { said: 'the first half of every row', rows: Array.from({ length: B }, (_, row) => row), columns: T / 2 },
];

/** Exact decoding and reproducible tables rest on this: the shape of a batch follows from chance. */
export const placesStandAlone: HeadCheck = {
  title: 'gives a row and position the same bits whatever other rows and later positions there are',
  run(head) {
    const model = buildSmallModel(head);
    try {
      const whole = offsetsOf(model);
      for (const part of PARTS) comparePart(head, model, whole, part);
    } finally {
      model.dispose();
    }
  },
};

function comparePart(
  head: HeadCase,
  model: LanguageModel,
  whole: ReadonlyMap<number, HostOffset>,
  part: (typeof PARTS)[number],
): void {
  for (const [offset, { hidden, carry }] of offsetsOf(model, undefined, part)) {
    const expected = whole.get(offset)!;
    for (const [what, got, want] of [
      ['hidden state', hidden.values, expected.hidden.values],
      ['carry', carry.values, expected.carry.values],
    ] as const) {
      const place = otherPlace(got, want, part);
      if (!place) continue;
      throw broken(
        head,
        `the ${what} of offset ${offset} at row ${place.row}, position ${place.column} is another one when ` +
          `${part.said} is run. Row b, position t of what \`forward\` gives belongs to row b, position t of what it ` +
          'got; `ops` give each row the same bits in any company.',
      );
    }
  }
}

/** The first place whose state is not the whole text's, bit for bit. */
function otherPlace(got: Float32Array, want: Float32Array, { rows, columns }: TextPart) {
  const C = want.length / (B * T);
  for (const [index, row] of rows.entries()) {
    for (let column = 0; column < columns; column++) {
      const here = (index * columns + column) * C;
      const there = (row * T + column) * C;
      for (let i = 0; i < C; i++) if (got[here + i] !== want[there + i]) return { row, column };
    }
  }
  return undefined;
}
