import { describe, expect, it } from 'vitest';
import type { Comparison } from '../statistics/compare-arms.ts';
import type { VerdictRow } from './verdict.ts';
import { comparisonMethod, comparisonSentences } from './verdict-comparison.ts';
import { differenceWords, probability, verdictWords } from './verdict-words.ts';

const compared = (values: Partial<Comparison> = {}): Comparison => ({
  ...{ verdict: 'better', pairs: 5, plannedPairs: 5, comparisons: 3, difference: -0.125, adjustedP: 0.0123 },
  interval: { low: -0.15, high: -0.1, method: 'paired t' },
  ...values,
});
const tooFew = (pairs: number, plannedPairs = pairs): Comparison => ({
  ...{ verdict: 'too few seeds', pairs, plannedPairs, comparisons: 1 },
});
const row = (arm: string, comparison?: Comparison, seeds = 5): VerdictRow => ({
  ...{ arm, isBaseline: !comparison, comparison, unit: 'bits per byte', isDegenerate: false, lossless: true },
  ...{ outputs: {}, seeds, failedSeeds: 0 },
});

describe('verdictWords', () => {
  it('say the verdict, what could have been seen rounded up, and pairs that are missing', () => {
    const shown = { verdict: 'no difference shown', smallestEffect: 0.01201 } as const;
    expect(verdictWords(compared())).toBe('better');
    expect(verdictWords(compared({ verdict: 'worse', pairs: 4 }))).toBe('worse (4 of 5 pairs)');
    expect(verdictWords(compared(shown))).toBe('no difference shown (could have seen ≥ 0.013)');
    expect(verdictWords(compared({ ...shown, pairs: 4 }))).toBe(
      'no difference shown (could have seen ≥ 0.013, 4 of 5 pairs)',
    );
    expect(verdictWords(tooFew(2))).toBe('too few seeds (2 pairs)');
    expect(verdictWords(tooFew(1, 3))).toBe('too few seeds (1 of 3 pairs)');
    expect(verdictWords(tooFew(0))).toBe('too few seeds (0 pairs)');
  });

  it('keep at least two digits of any size of effect, and a round one as it is', () => {
    const seen = (smallestEffect: number) => verdictWords(compared({ verdict: 'no difference shown', smallestEffect }));
    for (const [effect, words] of [
      ...([
        [0.013, '0.013'],
        [0.0996, '0.100'],
        [12.34, '13'],
        [1234, '1300'],
        [1e-9, '0.0000000010'],
        [3, '3.0'],
      ] as const),
    ]) {
      expect(seen(effect)).toBe(`no difference shown (could have seen ≥ ${words})`);
    }
  });

  it('do not speak of chance where seeds show none', () => {
    expect(
      verdictWords(compared({ verdict: 'no difference shown', isWithoutSpread: true, pairs: 3, plannedPairs: 3 })),
    ).toBe('no difference shown (equal in all 3 pairs)');
    expect(verdictWords({ ...tooFew(4), isWithoutSpread: true })).toBe(
      'too few seeds (every seed gives the same difference)',
    );
  });
});

describe('differenceWords', () => {
  it('have as many digits as the interval, and name a bootstrap', () => {
    expect(differenceWords(compared())).toBe('−0.125 ± 0.025');
    const narrow = { low: -0.00045, high: -0.00035, method: 'paired t' } as const;
    expect(differenceWords(compared({ difference: -0.0004, interval: narrow }))).toBe('−0.000400 ± 0.000050');
    const bootstrap = { low: -0.16, high: -0.11, method: 'bootstrap-t' } as const;
    expect(differenceWords(compared({ bootstrap }))).toBe('−0.125 ± 0.025 (bootstrap −0.160 to −0.110)');
    expect(differenceWords(compared({ interval: undefined }))).toBe('−0.125');
    expect(differenceWords(tooFew(0))).toBe('–');
  });
});

describe('probability', () => {
  it('shows on which side of .05 it is', () => {
    expect([undefined, 0, 0.00009, 0.0498, 0.0502, 0.25, 1].map(probability)).toEqual([
      ...['–', '< 0.0001', '< 0.0001', '0.0498', '0.0502', '0.250', '1.000'],
    ]);
  });
});

describe('comparisonSentences', () => {
  it('say each verdict once, with the arms that have it', () => {
    const rows = [
      row('base'),
      row('a', compared()),
      row('b', compared({ verdict: 'no difference shown', smallestEffect: 0.04, adjustedP: 1, pairs: 4 })),
      row('c', tooFew(2, 5)),
      row('d', compared({ difference: -0.5, interval: { low: -0.6, high: -0.4, method: 'paired t' }, adjustedP: 0 })),
    ];
    expect(comparisonSentences(rows)).toEqual([
      'Better than the baseline base in bits per byte at offset 1: a (−0.125 ± 0.025, p = 0.0123), d (−0.500 ± 0.100, p < 0.0001).',
      'No difference shown from the baseline base in bits per byte at offset 1: ' +
        'b (−0.125 ± 0.025, p = 1.000, could have seen ≥ 0.040, 4 of 5 pairs).',
      'Too few seeds for a verdict, which takes 3 pairs: c (2 of 5 pairs).',
    ]);
    expect(comparisonMethod(rows)).toBe(
      'Paired by seed: means ± half of the 95% interval (paired t), p corrected for 3 comparisons by Holm’s method; what could ' +
        'have been seen, with a probability of 80%.',
    );
  });

  it('name six arms, and count the others', () => {
    const arms = Array.from({ length: 9 }, (_, i) => row(`arm${i}`, compared({ verdict: 'worse' })));
    const [sentence, ...rest] = comparisonSentences([row('base'), ...arms]);
    expect(rest).toEqual([]);
    expect(sentence).toContain('arm5 (');
    expect(sentence).not.toContain('arm6');
    expect(sentence).toMatch(/, 3 more\.$/);
  });

  it('say of one seed only that it is one, and nothing where nothing is compared', () => {
    const rows = [row('base', undefined, 1), row('a', tooFew(1), 1)];
    expect(comparisonSentences(rows)).toEqual([]);
    expect(comparisonMethod(rows)).toBe('One seed: a difference here may be chance.');
    expect([...comparisonSentences([row('base')]), comparisonMethod([row('base')])]).toEqual([undefined]);
    expect(comparisonMethod([row('base'), row('a', tooFew(2))])).toBeUndefined();
  });
});
