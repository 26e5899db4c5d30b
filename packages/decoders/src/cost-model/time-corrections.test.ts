import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimeCorrections } from './time-corrections.ts';

test('what slows one number of levels down slows all: a machine that others use, a text that grows', () => {
  const corrections = new TimeCorrections([0.1, 0.1, 0.1]);
  for (let step = 1; step <= 100; step++) corrections.observe(1, 2, 1, step);
  expect(corrections.factor(1)).toBeCloseTo(2, 2);
  for (const level of [0, 2]) expect(corrections.factor(level)).toBeGreaterThan(1.8);
});

test('times of the same moment tell numbers of levels apart, however the machine wanders meanwhile', () => {
  const corrections = new TimeCorrections([0.1, 0.1]);
  const before = corrections.spread(0, 1, 0);
  for (let step = 1; step <= 400; step++) {
    const wandering = 1.5 + Math.sin(step / 40);
    corrections.observe(step % 2, wandering * (step % 2 === 1 ? 1.3 : 1), 1, step);
  }
  expect(corrections.factor(1) / corrections.factor(0)).toBeGreaterThan(1.25);
  expect(corrections.factor(1) / corrections.factor(0)).toBeLessThan(1.35);
  expect(corrections.spread(0, 1, 400)).toBeLessThan(before / 1.5);
  // What is not compared for long is known less.
  expect(corrections.spread(0, 1, 4000)).toBeGreaterThan(2 * corrections.spread(0, 1, 400));
});

test('a step is held up by something beyond two standard deviations of what is expected', () => {
  const corrections = new TimeCorrections([0.1]);
  // A common part of variance .25, its own of .01, noise of .0225.
  expect(corrections.most(0)).toBeCloseTo(Math.exp(2 * Math.sqrt(0.25 + 0.01 + 0.0225)), 12);
  for (let step = 1; step <= 50; step++) corrections.observe(0, 1, 1, step);
  expect(corrections.most(0)).toBeGreaterThan(Math.exp(2 * 0.15));
  expect(corrections.most(0)).toBeLessThan(1.5);
});

test('steps alike are one of a smaller variance, and what all steps take alike moves short ones most', () => {
  const [one, eight] = [new TimeCorrections([0.1]), new TimeCorrections([0.1])];
  one.observe(0, 2, 1, 1);
  eight.observe(0, 2, 8, 1);
  // A step of drift of .03^2 + .004^2 before it.
  const variance = 0.26 + 0.03 ** 2 + 0.004 ** 2;
  expect(Math.log(one.factor(0))).toBeCloseTo((variance / (variance + 0.0225)) * Math.log(2), 12);
  expect(Math.log(eight.factor(0))).toBeCloseTo((variance / (variance + 0.0225 / 8)) * Math.log(2), 12);
  const alike = new TimeCorrections([0.05, 0.05], [0.4, 0.1]);
  alike.observe(1, 1, 1, 0);
  alike.observe(0, 1 / 2, 8, 0);
  expect(alike.factor(0)).toBeLessThan(0.75);
  expect(alike.factor(1)).toBeGreaterThan(0.75);
  // It comes anew with the steps: .001 of (.4 - .1)^2 with each, beside twice .004^2 of their own.
  const grown = alike.spread(0, 1, 100) ** 2 - alike.spread(0, 1, 0) ** 2;
  expect(grown).toBeCloseTo(100 * (0.001 * 0.3 ** 2 + 2 * 0.004 ** 2), 12);
});

test('one step moves all as the conditional mean of jointly normal logarithms does', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 2, maxLength: 6 }),
      fc.nat(5),
      fc.double({ min: -0.1, max: 0.1, noNaN: true }),
      (spread, seen, logRatio) => {
        const level = seen % spread.length;
        const corrections = new TimeCorrections(spread);
        corrections.observe(level, Math.exp(logRatio), 1, 0);
        // A common part of variance .25, own parts whose correlation falls to .7 from one to the next, noise of .0225.
        const shared = (other: number) => 0.25 + spread[level] * spread[other] * 0.7 ** Math.abs(level - other);
        for (const other of spread.keys()) {
          const mean = (shared(other) / (shared(level) + 0.0225)) * logRatio;
          expect(Math.log(corrections.factor(other))).toBeCloseTo(mean, 9);
        }
      },
    ),
  );
});
