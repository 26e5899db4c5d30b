import type { PruningForecast } from '@foretoken/ablation';
import { expect, it } from 'vitest';
import { pruningLines } from './pruning-lines.ts';

const forecast: PruningForecast = {
  rule: 'halving',
  rungs: [
    { share: 1 / 9, cells: 1500 },
    { share: 0.25, cells: 9 },
  ],
  finishing: 1,
  trainingFlops: { without: 4.5e12, least: 1e12, most: 1.5e12 },
};

it('a plan with pruning says who comes how far, and what that takes', () => {
  expect(pruningLines(forecast)).toEqual([
    'pruning (halving): at most 1,500 cells to 11.1%, 9 cells to 25% of their steps, 1 cell to the end',
    'all trainings: 4.5 TFLOPs without pruning, 1 TFLOPs to 1.5 TFLOPs with it',
  ]);
});

it('a plan without says nothing of it', () => {
  expect(pruningLines(undefined)).toEqual([]);
});
