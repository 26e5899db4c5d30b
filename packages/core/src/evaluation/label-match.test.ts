import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WindowScores } from '../contracts/evaluation.ts';
import { scoredWindow } from '../testing/scored-window.ts';
import { labelMatch, labelMatchByWindow, matchRates, offsetAcceptance } from './label-match.ts';

describe('label match', () => {
  it('walks a text as walked by hand', () => {
    // Text a b c d e f g h (0..7), n = 3, maxOffset 3: forwards at t with t + 3 <= 7, so t <= 4.
    //  t=0: bonus b; offset 2 says c (right), offset 3 says x: 1 kept, on to t=2.
    //  t=2: bonus d; offset 2 says x, offset 3 says f (right, but the one before it is not): 0 kept, on to t=3.
    //  t=3: bonus e; offset 2 says f, offset 3 says g: 2 kept, on to t=6, past the last forward.
    const x = 99;
    const window = scoredWindow([0, 1, 2, 3, 4, 5, 6, 7], {
      predicted: [
        [x, x, x, x, x], // offset 1 is never asked
        [2, x, x, 5, x],
        [x, x, 5, 6, x],
      ],
    });
    expect(labelMatch([window], { offsets: [1, 2, 3], maxOffset: 3 })).toEqual({
      forwards: 3,
      tokens: 6,
      bonus: 3,
      tokensPerForward: 2,
      proposed: [3, 3],
      accepted: [2, 1],
      unobserved: [0, 0],
      marginal: [2 / 3, 1 / 3],
      conditional: [2 / 3, 1 / 2],
      nodes: [3, 3],
      acceptedLengths: [1, 1, 1],
    });
  });

  it('counts every window by itself, under its number', () => {
    const right = scoredWindow([0, 1, 2, 3, 4], {
      predicted: [
        [1, 2, 3],
        [2, 3, 4],
      ],
    });
    const wrong = scoredWindow([5, 6, 7, 8, 9], {
      predicted: [
        [0, 0, 0],
        [0, 0, 0],
      ],
    });
    const windows = [
      { ...right, window: 7 },
      { ...wrong, window: 3 },
    ];
    // Right: forwards at 0 and 2, two tokens each. Wrong: forwards at 0, 1 and 2, one token each.
    const { rows, ...all } = labelMatchByWindow(windows, { offsets: [1, 2], maxOffset: 2 });
    expect(all).toEqual(labelMatch(windows, { offsets: [1, 2], maxOffset: 2 }));
    expect(rows).toMatchObject([
      { row: 3, forwards: 3, tokens: 3, accepted: [0], acceptedLengths: [3, 0] },
      { row: 7, forwards: 2, tokens: 4, accepted: [2], acceptedLengths: [0, 2] },
    ]);
  });

  it('gives exactly one token per forward to a model with one offset', () => {
    const window = scoredWindow([0, 1, 2, 3, 4, 5], { predicted: [[1, 2, 3, 4]] });
    expect(labelMatch([window], { offsets: [1], maxOffset: 2 })).toMatchObject({ tokensPerForward: 1, forwards: 4 });
  });

  it('gives a model that always says what it just said nothing on a text that never repeats', () => {
    const tokens = Array.from({ length: 40 }, (_, t) => t);
    const repeats = tokens.slice(0, 36);
    const window = scoredWindow(tokens, { predicted: [repeats, repeats, repeats, repeats] });
    expect(labelMatch([window], { offsets: [1, 2, 3, 4], maxOffset: 4 }).tokensPerForward).toBe(1);
  });

  it('neither drafts nor counts across a document boundary', () => {
    // Documents of 3 and 5 tokens; everything is predicted right. maxOffset 2: forwards at t with t + 2 in its document.
    const tokens = [10, 11, 12, 20, 21, 22, 23, 24];
    const window = scoredWindow(tokens, {
      document: [0, 0, 0, 1, 1, 1, 1, 1],
      predicted: [tokens.slice(1, 7), tokens.slice(2, 8)],
    });
    // t=0 (on to 2); t=3 (on to 5); t=5 (needs t=7, there): three forwards of two tokens.
    expect(labelMatch([window], { offsets: [1, 2], maxOffset: 2 })).toMatchObject({ forwards: 3, tokens: 6 });
    expect(matchRates([window], { offsets: [1, 2], maxOffset: 2 })).toEqual([1, 1]);
  });

  it('lets the next offset fill a gap, from as many positions before', () => {
    // Offsets 1 and 3 of a text 0..9: offset 2 at t is what offset 3 said at t - 1; at t=0 there is nothing before.
    const x = 99;
    const window = scoredWindow([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], {
      predicted: [
        [x, x, x, x, x, x, x],
        [x, 4, 5, x, 7, x, 9],
      ],
    });
    const drafts = [
      { offset: 3, back: 1 },
      { offset: 3, back: 0 },
    ];
    //  t=0: level 1 asks offset 3 at 0, which says x: on to 1.
    //  t=1: level 1 asks offset 3 at 0 (x, wanted 3): on to 2.
    //  t=2: level 1 asks offset 3 at 1: 4, right; level 2 asks offset 3 at 2: 5, right: on to 5.
    //  t=5: level 1 asks offset 3 at 4: 7, right; level 2 asks at 5: x: on to 7, past the last forward (6).
    expect(labelMatch([window], { offsets: [1, 3], maxOffset: 3, drafts })).toMatchObject({
      forwards: 4,
      tokens: 7,
      accepted: [2, 1],
    });
    // Without them, offsets behind a gap draft nothing.
    expect(labelMatch([window], { offsets: [1, 3], maxOffset: 3 })).toMatchObject({
      tokensPerForward: 1,
      accepted: [],
    });
  });

  it('looks back no further than the document’s first token', () => {
    const tokens = [0, 1, 2, 10, 11, 12, 13, 14];
    const window = scoredWindow(tokens, {
      document: [0, 0, 0, 1, 1, 1, 1, 1],
      // At t=3, the first of its document, offset 3 says 13: as level 1 it is asked for 12.
      predicted: [
        [9, 9, 9, 9, 9],
        [9, 9, 12, 13, 14],
      ],
    });
    const drafts = [{ offset: 3, back: 1 }];
    // t=3 and t=4 are followed by three tokens of their document; t=4 asks offset 3 at 3: 13, right.
    const seen = labelMatch([window], { offsets: [1, 3], maxOffset: 3, drafts });
    expect(seen).toMatchObject({ forwards: 2, accepted: [1] });
  });

  it('counts rates over the same positions for every offset', () => {
    const window = scoredWindow([0, 1, 2, 3, 4], {
      predicted: [
        [1, 9, 3],
        [2, 9, 9],
      ],
    });
    expect(matchRates([window], { offsets: [1, 2], maxOffset: 2 })).toEqual([2 / 3, 1 / 3]);
    expect(matchRates([], { offsets: [1, 2], maxOffset: 2 })).toEqual([null, null]);
  });

  describe('per offset, as a horizon schedule is shown it', () => {
    const x = 99;
    // The walk of the first test: forwards at t = 0, 2, 3, which keep 1, 0 and 2 drafts; offset 1 is right at t = 1 of 0..4.
    const walked = scoredWindow([0, 1, 2, 3, 4, 5, 6, 7], {
      predicted: [
        [x, 2, x, x, x],
        [2, x, x, 5, x],
        [x, x, 5, 6, x],
      ],
    });

    it('is the rate of offset 1 and the marginal acceptance of the others', () => {
      expect(offsetAcceptance([walked], { offsets: [1, 2, 3], maxOffset: 3 })).toEqual([1 / 5, 2 / 3, 1 / 3]);
    });

    it('looks only at the offsets that train', () => {
      expect(offsetAcceptance([walked], { offsets: [1], maxOffset: 3 })).toEqual([1 / 5]);
      // Walked with one draft: t = 0 (kept, on to 2), t = 2 (not), t = 3 (kept, on to 5).
      expect(offsetAcceptance([walked], { offsets: [1, 2], maxOffset: 3 })).toEqual([1 / 5, 2 / 3]);
    });

    it('counts offsets behind a gap while all nearer ones of the head are right, and has nothing for the gap', () => {
      const tokens = [0, 1, 2, 3, 4, 5, 6, 7, 8];
      // Offset 3 is right at t = 0, 1, 3 and offset 5 at t = 0, 2, 3; no chain of drafts, so the walk visits t = 0..3.
      const window = scoredWindow(tokens, {
        predicted: [
          [1, 2, 3, 4],
          [3, 4, x, 6],
          [5, x, 7, 8],
        ],
      });
      const options = { offsets: [1, 3, 5], maxOffset: 5 };
      expect(offsetAcceptance([window], options)).toEqual([1, null, 3 / 4, null, 2 / 4]);
      expect(labelMatch([window], options).forwards).toBe(4);
    });

    it('has nothing to say without positions', () => {
      expect(offsetAcceptance([], { offsets: [1, 2], maxOffset: 2 })).toEqual([null, null]);
    });
  });

  it('equals a decoder that emits the text and keeps drafts while they equal it', () => {
    const offsets = [1, 2, 3];
    const maxOffset = 4;
    const randomWindow = fc.integer({ min: 1, max: 24 }).chain((context) =>
      fc
        .record({
          tokens: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: context + 4, maxLength: context + 4 }),
          boundaries: fc.array(fc.boolean(), { minLength: context + 4, maxLength: context + 4 }),
          predicted: fc.array(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: context, maxLength: context }), {
            minLength: 3,
            maxLength: 3,
          }),
        })
        .map(({ tokens, boundaries, predicted }) => {
          let number = 0;
          const document = boundaries.map((starts, t) => (starts && t % 5 === 0 ? ++number : number));
          return scoredWindow(tokens, { document, predicted });
        }),
    );
    fc.assert(
      fc.property(fc.array(randomWindow, { minLength: 1, maxLength: 4 }), (windows) => {
        const expected = decodeTexts(windows, offsets.length - 1, maxOffset);
        const seen = labelMatch(windows, { offsets, maxOffset });
        expect([seen.forwards, seen.tokens]).toEqual([expected.forwards, expected.tokens]);
      }),
    );
  });
});

/** Splits windows into documents first, then decodes each with queues of tokens: another route to the same walk. */
function decodeTexts(windows: readonly WindowScores[], levels: number, maxOffset: number) {
  let forwards = 0;
  let tokens = 0;
  for (const { tokens: ids, document, predicted } of windows) {
    for (const number of new Set(document)) {
      const from = document.indexOf(number);
      const text = [...ids].filter((_, t) => document[t] === number);
      let position = 0;
      while (position + maxOffset < text.length && from + position < predicted[0].length) {
        const drafts = Array.from({ length: levels }, (_, k) => predicted[k + 1][from + position]);
        const truth = text.slice(position + 2, position + 2 + levels);
        const wrong = drafts.findIndex((draft, k) => draft !== truth[k]);
        const emitted = 1 + (wrong < 0 ? levels : wrong);
        forwards++;
        tokens += emitted;
        position += emitted;
      }
    }
  }
  return { forwards, tokens };
}
