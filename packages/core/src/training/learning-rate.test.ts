import { expect, test } from 'vitest';
import { learningRateAt } from './learning-rate.ts';

const settings = { steps: 110, warmupSteps: 10, learningRate: 0.4, finalLearningRate: 0.1 };

test('warm-up rises in equal steps to the peak', () => {
  expect(learningRateAt(0, settings)).toBeCloseTo(0.04, 12);
  expect(learningRateAt(4, settings)).toBeCloseTo(0.2, 12);
  expect(learningRateAt(9, settings)).toBeCloseTo(0.4, 12);
});

test('the cosine starts at the peak, is halfway in the middle and ends at its share of the peak', () => {
  expect(learningRateAt(10, settings)).toBeCloseTo(0.4, 12);
  expect(learningRateAt(60, settings)).toBeCloseTo((0.4 + 0.04) / 2, 12);
  expect(learningRateAt(110, settings)).toBeCloseTo(0.04, 12);
});

test('steps past the end stay at the final rate', () => {
  expect(learningRateAt(500, settings)).toBeCloseTo(0.04, 12);
});
