import { expect, test } from 'vitest';
import type { Verdict } from '../statistics/compare-arms.ts';
import { headline } from './headline.ts';
import type { VerdictRow } from './verdict.ts';

const rowsOf = (...verdicts: readonly Verdict[]) =>
  [undefined, ...verdicts].map(
    (verdict, i) =>
      ({
        ...{ arm: `a${i}`, isBaseline: i === 0, unit: 'bits per byte' },
        comparison: verdict && { verdict },
      }) as VerdictRow,
  );

test('counts every verdict against the baseline, in one order', () => {
  expect(headline(rowsOf('no difference shown', 'better', 'no difference shown'))).toBe(
    '3 arms against the baseline a0, in bits per byte: 1 better, 2 without a difference shown.',
  );
  expect(headline(rowsOf('too few seeds', 'worse'))).toBe(
    '2 arms against the baseline a0, in bits per byte: 1 worse, 1 with too few seeds for a verdict.',
  );
});

test('says so where there is nothing to compare', () => {
  expect(headline(rowsOf())).toBe('One arm: there is nothing to compare it with.');
});
