import { expect, test } from 'vitest';
import { validationStep } from './validation-step.ts';

test.each([
  [2800, 100, 0.25, 700],
  [2800, 300, 0.25, 900],
  [30, 1, 0.1, 3],
  [1000, 400, 0.01, 400],
  [1000, 400, 0.8, 800],
  [1000, 400, 0.81, 1000],
  [1000, 5000, 0.5, 1000],
  [7, 2, 1, 7],
])('of %i steps, validated every %i, a share of %d comes to step %i', (steps, validateEvery, share, step) => {
  expect(validationStep({ steps, validateEvery }, share)).toBe(step);
});
