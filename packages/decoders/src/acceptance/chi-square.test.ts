// Sequences drawn from tables of probabilities, without a network; the same tests must reject samplers that are wrong.
import { createRandom } from '@foretoken/core';
import { afterAllSteps, ancestral, sampled } from '@foretoken/core/testing';
import { describe, expect, test } from 'vitest';
import rejection from '../rejection/rejection.ts';
import { BIASED } from './biased-rules.fixture.ts';
import { CHI_SQUARE, fits, misfits, totalVariation } from './chi-square.fixture.ts';
import { decoded } from './decoded.fixture.ts';
import { CHAIN, LENGTH, TABLES, TREE } from './sampled-setting.fixture.ts';

/**
 * A sampler that gives p' instead of p shifts the statistic of n sequences by the noncentrality n sum (p' - p)^2 / p. At 3
 * degrees of freedom alpha = 1e-6 is exceeded from 30.7 on, and a noncentrality of 72 exceeds it in 99.9% of all runs. A
 * bias of total variation .005 that lies on a token of p = .02 has .005^2 / .02 = .00125 a sequence: 125 at 100,000. The
 * same bias on two tokens of p = .25 has .0002, and would take 360,000; that is why the tables have rare tokens.
 */
const SEQUENCES = 100_000;
const VOCABULARY = TABLES.vocabulary;
const EXPECTED = ancestral(TABLES, LENGTH);
const SHAPES = { chain: CHAIN, tree: TREE };
const rule = rejection.create({}, {});
const seen = (counts: Float64Array) => misfits(fits(counts, EXPECTED, VOCABULARY));

describe('the statistic', () => {
  test('by hand: 30 and 70 where 50 and 50 are expected is 400 / 50 + 400 / 50', () => {
    const [position, sequences] = fits(Float64Array.of(30, 70), Float64Array.of(0.5, 0.5), 2);
    expect(position).toEqual({ of: 'position 1', statistic: 16, freedom: 1 });
    expect(sequences).toEqual({ of: 'sequences', statistic: 16, freedom: 1 });
  });

  test('positions are counted apart: of two tokens the first is off, the second is not', () => {
    const counts = Float64Array.of(30, 30, 20, 20);
    expect(fits(counts, Float64Array.of(0.25, 0.25, 0.25, 0.25), 2).map(({ statistic }) => statistic)).toEqual([
      4, 0, 4,
    ]);
  });

  test('rare cells are counted together, and what cannot be at all is never tolerated', () => {
    const rare = fits(Float64Array.of(90, 4, 6, 0), Float64Array.of(0.9, 0.05, 0.03, 0.02), 4)[1];
    expect(rare.freedom).toBe(2);
    expect(rare.statistic).toBeCloseTo(1 / 5 + 1 / 5, 12);
    expect(misfits(fits(Float64Array.of(999, 1), Float64Array.of(1, 0), 2))).toHaveLength(2);
  });
});

describe.each(['chain', 'tree'] as const)('rejection on a %s', (form) => {
  test('100,000 sequences fit at every position and as wholes', () => {
    const setting = { tables: TABLES, shape: SHAPES[form], rule };
    expect(seen(sampled(setting, LENGTH, SEQUENCES, createRandom(5, form)))).toEqual([]);
  });
});

test('100,000 sequences through the loop of the speculative decoder fit, too', async () => {
  const request = { rule, children: [2, 1], length: LENGTH };
  expect(seen(await decoded(TABLES, request, SEQUENCES, 6))).toEqual([]);
});

describe('a sampler that is wrong is seen at the same number of sequences', () => {
  test.each(BIASED.map((one) => [one.what, one] as const))(
    'one that %s',
    { timeout: 300_000 },
    (_, { rule: wrong, siblings }) => {
      const setting = { tables: TABLES, shape: siblings ? TREE : CHAIN, rule: wrong };
      // Not by luck: its noncentrality, enumerated, gives a power of 99.9% at least.
      const expected = afterAllSteps(setting, LENGTH).map((p) => p * SEQUENCES);
      const shifted = fits(expected, EXPECTED, VOCABULARY);
      expect(shifted.some((fit) => fit.statistic >= CHI_SQUARE.noncentrality[fit.freedom])).toBe(true);
      expect(seen(sampled(setting, LENGTH, SEQUENCES, createRandom(7, 'wrong')))).not.toEqual([]);
    },
  );

  test('the smallest of these biases is a total variation of .005 on the first token', () => {
    const smallest = BIASED.find(({ what }) => what.startsWith('keeps every candidate'))!;
    const setting = { tables: TABLES, shape: CHAIN, rule: smallest.rule };
    expect(totalVariation(afterAllSteps(setting, 1), ancestral(TABLES, 1))).toBeCloseTo(0.005, 12);
  });
});
