import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AcceptanceEstimate, bestLevels, expectedTokens } from './acceptance-estimate.ts';

test('what was not drafted, or hung below a rejected token, is unobserved', () => {
  const estimate = new AcceptanceEstimate(1e9);
  estimate.add(3, 1);
  estimate.add(1, 1);
  // Level 1 was kept twice, level 2 decided once and rejected, level 3 never decided. The prior weighs 8.
  const [first, second, third] = estimate.conditional(3);
  expect(first).toBeCloseTo((2 + 8 * 0.8) / (2 + 8), 6);
  expect(second).toBeCloseTo((8 * first) / (1 + 8), 6);
  expect(third).toBeCloseTo(second, 12);
});

test('old observations fade as new ones come, those of a level alone', () => {
  const estimate = new AcceptanceEstimate(10);
  for (let i = 0; i < 500; i++) estimate.add(2, 2);
  for (let i = 0; i < 7; i++) estimate.add(1, 0);
  const [first, second] = estimate.conditional(2);
  // The prior is forgotten, and of ten that were kept .9^7 of each are left beside 7 rejections of which the last weighs 1.
  expect(first).toBeCloseTo(0.9 ** 7, 6);
  // Level 2 has seen nothing since.
  expect(second).toBeCloseTo(1, 6);
});

test('the shares it settles at are those of the drafts', () => {
  const estimate = new AcceptanceEstimate(1e9);
  // Of 1,000 drafts of 2 levels: 600 keep nothing, 300 one, 100 both.
  for (const [kept, count] of [600, 300, 100].entries()) for (let i = 0; i < count; i++) estimate.add(2, kept);
  const [first, second] = estimate.conditional(2);
  expect(first).toBeCloseTo(0.4, 2);
  expect(second).toBeCloseTo(0.25, 2);
});

test('expected tokens are the mean over all outcomes', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }), (shares) => {
      const tokens = expectedTokens(shares);
      for (let levels = 0; levels <= shares.length; levels++) {
        // P(exactly j kept) x (j + 1), summed.
        let mean = 0;
        for (let kept = 0; kept <= levels; kept++) {
          const reached = shares.slice(0, kept).reduce((product, share) => product * share, 1);
          mean += reached * (kept < levels ? 1 - shares[kept] : 1) * (kept + 1);
        }
        expect(tokens[levels]).toBeCloseTo(mean, 10);
      }
    }),
  );
});

test('the best number of levels has the most tokens per second, the smallest of equals', () => {
  expect(bestLevels([1, 1.8, 2.4], [1, 1.5, 2.1])).toBe(1); // 1, 1.2, 1.14
  expect(bestLevels([1, 1.1, 1.2], [1, 1.5, 2])).toBe(0);
  expect(bestLevels([1, 2, 3], [1, 2, 3])).toBe(0);
  expect(bestLevels([1, 2, 3], [1, 1.5])).toBe(1);
});
