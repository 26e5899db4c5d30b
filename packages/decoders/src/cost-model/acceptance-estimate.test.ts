import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AcceptanceEstimate, expectedTokens } from './acceptance-estimate.ts';

test('what was not drafted, or hung below a rejected token, is unobserved', () => {
  const estimate = new AcceptanceEstimate(1e9);
  estimate.add(3, 1);
  estimate.add(1, 1);
  // Level 1 was kept twice, level 2 decided once and rejected, level 3 never decided. The prior weighs 2.
  const [first, second, third] = estimate.conditional(3);
  expect(first).toBeCloseTo((2 + 2 * 0.5) / (2 + 2), 6);
  expect(second).toBeCloseTo((2 * first) / (1 + 2), 6);
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

test('what is not drafted any more keeps its share, and is known less and less', () => {
  const estimate = new AcceptanceEstimate(1e9);
  for (let i = 0; i < 1000; i++) estimate.add(1, i % 10 === 0 ? 1 : 0);
  const [share] = estimate.conditional(1);
  const [soon] = estimate.highest(1);
  estimate.pass(2000);
  const [late] = estimate.highest(1);
  expect(estimate.conditional(1)[0]).toBeCloseTo(share, 9);
  expect(share).toBeCloseTo(0.1, 2);
  expect(soon).toBeLessThan(0.13);
  expect(late).toBeGreaterThan(0.4);
  // It counts for eight observations however long ago it was: one more makes it a ninth of the way to 1.
  estimate.add(1, 1);
  expect(estimate.conditional(1)[0]).toBeCloseTo(share + (1 - share) / 9, 9);
});

test('the highest possible share is the upper end of the score interval, 1 of what was never decided', () => {
  const estimate = new AcceptanceEstimate(1e9);
  for (let i = 0; i < 40; i++) estimate.add(1, i < 10 ? 1 : 0);
  const [share] = estimate.conditional(1);
  const [highest, unknown] = estimate.highest(2);
  // The share p of which the one seen is one and a half standard deviations below: (p - seen)^2 = 2.25 p (1 - p) / 40, found by halving.
  let [low, high] = [share, 1];
  for (let i = 0; i < 60; i++) {
    const p = (low + high) / 2;
    if ((p - share) ** 2 < (2.25 * p * (1 - p)) / 40) low = p;
    else high = p;
  }
  expect(highest).toBeCloseTo(low, 6);
  expect(unknown).toBe(1);
});
