import { ForetokenError } from '@foretoken/engine/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Emission } from '../contracts/decoding.ts';
import { acceptanceStatistics, emittedAcceptance, type VerifiedForward } from './acceptance-statistics.ts';

const emission = (prompt: number, tokens: number, proposed: number[], accepted: number): Emission => ({
  prompt,
  tokens: new Int32Array(tokens),
  proposed,
  accepted,
});

describe('acceptance statistics', () => {
  it('counts a scripted run as counted by hand', () => {
    // Two rows. Row 0: no draft, then 3 drafts with 2 kept. Row 1: no draft, 2 drafts with 0 kept, 3 drafts all kept.
    const seen = emittedAcceptance(
      [
        emission(0, 1, [], 0),
        emission(1, 1, [], 0),
        emission(0, 3, [1, 1, 1], 2),
        emission(1, 1, [1, 1], 0),
        emission(1, 4, [1, 1, 1], 3),
      ],
      { maxTokens: 100, levels: 3 },
    );
    const { rows, ...all } = seen;
    expect(all).toEqual({
      forwards: 5,
      tokens: 10,
      bonus: 5,
      tokensPerForward: 2,
      proposed: [3, 3, 2],
      accepted: [2, 2, 1],
      unobserved: [2, 2, 3],
      marginal: [2 / 3, 2 / 3, 1 / 2],
      conditional: [2 / 3, 2 / 2, 1 / 2],
      nodes: [3, 3, 2],
      acceptedLengths: [3, 0, 1, 1],
    });
    // Row 0: 1 + 3 tokens in 2 forwards; row 1: 1 + 1 + 4 in 3. Neither is shorter than the levels of all.
    expect(rows).toEqual([
      {
        ...{ row: 0, forwards: 2, tokens: 4, bonus: 2, tokensPerForward: 2, acceptedLengths: [1, 0, 1, 0] },
        ...{ proposed: [1, 1, 1], accepted: [1, 1, 0], unobserved: [1, 1, 1], nodes: [1, 1, 1] },
        ...{ marginal: [1, 1, 0], conditional: [1, 1, 0] },
      },
      {
        ...{ row: 1, forwards: 3, tokens: 6, bonus: 3, tokensPerForward: 2, acceptedLengths: [2, 0, 0, 1] },
        ...{ proposed: [2, 2, 1], accepted: [1, 1, 1], unobserved: [1, 1, 2], nodes: [2, 2, 1] },
        ...{ marginal: [1 / 2, 1 / 2, 1], conditional: [1 / 2, 1, 1] },
      },
    ]);
  });

  it('counts what a lossy rule kept: acceptance is of drafts, not of first choices', () => {
    // Nothing in an emission says what the model ranked first; a rule that keeps any draft accepts all of them.
    const seen = emittedAcceptance([emission(0, 3, [1, 1], 2)], { maxTokens: 9, levels: 2 });
    expect(seen).toMatchObject({ tokens: 3, bonus: 1, marginal: [1, 1], tokensPerForward: 3 });
  });

  it('counts drafts behind a stop as unobserved, and those that the model refused before it as rejected', () => {
    const stop = (tokens: number, accepted: number): Emission => ({
      ...emission(0, tokens, [1, 1, 1, 1], accepted),
      finished: 'stop',
    });
    // The second draft was the stop: what the model would have made of the third and fourth is not known.
    expect(emittedAcceptance([stop(2, 2)], { maxTokens: 9, levels: 4 })).toMatchObject({
      ...{ bonus: 0, tokens: 2, proposed: [1, 1, 0, 0], unobserved: [0, 0, 1, 1], marginal: [1, 1, null, null] },
    });
    // The bonus token was the stop: it stands where the third draft was refused.
    expect(emittedAcceptance([stop(3, 2)], { maxTokens: 9, levels: 4 })).toMatchObject({
      ...{ bonus: 1, tokens: 3, proposed: [1, 1, 1, 1], marginal: [1, 1, 0, 0], conditional: [1, 1, 0, null] },
    });
  });

  it('counts no forward for a row that was aborted or failed, and keeps what it did before', () => {
    const end = (prompt: number, finished: Emission['finished']): Emission => ({
      ...emission(prompt, 0, [], 0),
      finished,
    });
    const run = [emission(0, 2, [1, 1], 1), end(0, 'aborted'), end(1, 'failed')];
    const { rows, ...all } = emittedAcceptance(run, { maxTokens: 9, levels: 2 });
    expect(all).toMatchObject({ forwards: 1, tokens: 2, acceptedLengths: [0, 1, 0] });
    expect(rows).toMatchObject([
      { row: 0, forwards: 1 },
      { row: 1, forwards: 0, tokensPerForward: 0, acceptedLengths: [0, 0, 0] },
    ]);
  });

  it('takes a limit of its own for every prompt', () => {
    const run = [emission(0, 1, [1, 1], 0), emission(1, 1, [1, 1], 0)];
    const limits = { maxTokens: (prompt: number) => prompt + 1, levels: 2 };
    expect(emittedAcceptance(run, limits)).toMatchObject({ proposed: [2, 1], unobserved: [0, 1] });
  });

  it('says of every row what counting that row alone says, and of all what their sum is', () => {
    const step = fc.tuple(
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 3 }),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
        const run = steps.map(([row, levels, wanted]) => {
          const accepted = Math.min(levels, wanted);
          return emission(row, accepted + 1, new Array(levels).fill(2), accepted);
        });
        const { rows, ...all } = emittedAcceptance(run, { maxTokens: 1e6, levels: 3 });
        expect(rows.map(({ row }) => row)).toEqual([...new Set(steps.map(([row]) => row))].sort());
        for (const { row, ...own } of rows) {
          const alone = run.filter(({ prompt }) => prompt === row);
          const { rows: _, ...counted } = emittedAcceptance(alone, { maxTokens: 1e6, levels: 3 });
          expect(own).toEqual(counted);
        }
        for (const count of ['forwards', 'tokens', 'bonus'] as const) {
          expect(rows.reduce((sum, row) => sum + row[count], 0)).toBe(all[count]);
        }
        for (let level = 0; level < 3; level++) {
          expect(rows.reduce((sum, { nodes }) => sum + nodes[level], 0)).toBe(all.nodes[level]);
        }
      }),
    );
  });

  it('counts a level that the limit on tokens cut off as unobserved, whatever became of the drafts before it', () => {
    // Room for 2 tokens: level 3 could not have been kept. Once both drafts are kept and no bonus fits, once none is.
    const kept = emittedAcceptance([emission(0, 2, [1, 1, 1], 2)], { maxTokens: 2, levels: 3 });
    const rejected = emittedAcceptance([emission(0, 1, [1, 1, 1], 0)], { maxTokens: 2, levels: 3 });
    expect(kept).toMatchObject({ bonus: 0, tokens: 2, proposed: [1, 1, 0], marginal: [1, 1, null] });
    expect(rejected).toMatchObject({ bonus: 1, tokens: 1, proposed: [1, 1, 0], marginal: [0, 0, null] });
  });

  it('counts each row’s room from what that row emitted before', () => {
    const run = [emission(0, 3, [1, 1], 2), emission(1, 1, [1, 1], 0), emission(0, 1, [1, 1], 1)];
    // Row 0 had 4, then 1 left: the second level of its last forward could not be kept. Row 1 had all 4.
    expect(emittedAcceptance(run, { maxTokens: 4, levels: 2 })).toMatchObject({ proposed: [3, 2], unobserved: [0, 1] });
  });

  it('takes what the context left for the room of a row that the context stopped', () => {
    const last: Emission = { ...emission(0, 2, [1, 1, 1], 2), finished: 'context' };
    expect(emittedAcceptance([last], { maxTokens: 50, levels: 3 })).toMatchObject({ bonus: 0, proposed: [1, 1, 0] });
  });

  it('counts a tree once per forward and level, and its nodes apart', () => {
    const seen = emittedAcceptance([emission(0, 2, [3, 6], 1)], { maxTokens: 9, levels: 2 });
    expect(seen).toMatchObject({ proposed: [1, 1], nodes: [3, 6], marginal: [1, 0], conditional: [1, 0] });
  });

  it('says null, not zero, of a level that nobody proposed', () => {
    const seen = emittedAcceptance([emission(0, 1, [], 0)], { maxTokens: 9, levels: 2 });
    expect(seen).toMatchObject({ marginal: [null, null], conditional: [null, null], unobserved: [1, 1] });
    expect(acceptanceStatistics([])).toMatchObject({ forwards: 0, tokensPerForward: 0, acceptedLengths: [0] });
  });

  it.each([
    ['keeps more than it proposed', emission(0, 3, [1], 2)],
    ['keeps a level it skipped', emission(0, 2, [0, 1], 1)],
    ['emits tokens that nobody drafted', emission(0, 3, [1], 1)],
    ['emits nothing', emission(0, 0, [], 0)],
    ['lacks its bonus token without a limit', emission(0, 1, [1], 1)],
    ['overruns the limit', emission(0, 11, new Array(10).fill(1), 10)],
  ])('refuses an emission that %s', (_, lie) => {
    expect(() => emittedAcceptance([lie], { maxTokens: 10, levels: 3 })).toThrow(ForetokenError);
    expect(() => emittedAcceptance([lie], { maxTokens: 10, levels: 3 })).toThrow(/PLUGIN_INVALID/);
  });

  const forward = fc
    .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 8 }))
    .map(([levels, wanted, room]): VerifiedForward => {
      const accepted = Math.min(levels, wanted, room);
      return { proposed: new Array(levels).fill(1), accepted, tokens: Math.min(accepted + 1, room), room };
    });

  it('agrees with counting each level by its definition, and its parts add up', () => {
    fc.assert(
      fc.property(fc.array(forward, { minLength: 1, maxLength: 40 }), (forwards) => {
        const seen = acceptanceStatistics(forwards, 5);
        const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
        expect(sum(seen.acceptedLengths)).toBe(forwards.length);
        expect(sum(seen.acceptedLengths.map((count, length) => count * length))).toBe(seen.tokens - seen.bonus);
        for (let level = 1; level <= 5; level++) {
          const observed = forwards.filter((f) => f.proposed.length >= level && f.room! >= level);
          const reached = observed.filter((f) => f.accepted >= level - 1);
          const kept = observed.filter((f) => f.accepted >= level).length;
          expect(seen.proposed[level - 1]).toBe(observed.length);
          expect(seen.unobserved[level - 1]).toBe(forwards.length - observed.length);
          expect(seen.accepted[level - 1]).toBe(sum(seen.acceptedLengths.slice(level)));
          expect(seen.marginal[level - 1]).toBe(observed.length ? kept / observed.length : null);
          expect(seen.conditional[level - 1]).toBe(reached.length ? kept / reached.length : null);
        }
      }),
    );
  });

  it('multiplies conditional acceptance up to marginal acceptance where every forward proposed every level', () => {
    const full = fc.integer({ min: 0, max: 4 }).map((accepted) => ({
      proposed: [1, 1, 1, 1],
      accepted,
      tokens: accepted + 1,
    }));
    fc.assert(
      fc.property(fc.array(full, { minLength: 1 }), (forwards) => {
        const { conditional, marginal, tokensPerForward } = acceptanceStatistics(forwards, 4);
        let product = 1;
        for (const [i, share] of conditional.entries()) {
          product *= share ?? 0;
          expect(product).toBeCloseTo(marginal[i]!, 12);
        }
        expect(tokensPerForward).toBeCloseTo(1 + marginal.reduce<number>((a, b) => a + b!, 0), 12);
      }),
    );
  });
});
