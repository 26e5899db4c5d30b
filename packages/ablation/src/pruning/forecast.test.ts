import { expect, it } from 'vitest';
import { planOf } from '../plan/planning.fixture.ts';
import { forecastPruning } from './forecast.ts';

const base = 'data: { dataset: { name: text-files, root: . } }\ntraining: { steps: 100, validateEvery: 10 }';
const arms = 'axes: { model.head.horizon: [1, 2, 3, 4, 5] }\nseeds: [0, 1, 2]\n';

/** Horizon n costs n operations a step, one training. */
async function forecast(lines: string) {
  const plan = await planOf(arms + lines, { base });
  const sizes = plan.trainings.map(({ key, experiment }) => {
    const { steps } = experiment.training;
    return [key, { steps, trainingFlops: experiment.model.head.horizon * steps }] as const;
  });
  return forecastPruning(plan, new Map(sizes));
}

it('under halving tells who comes to each rung, and what it takes whoever that is: by hand', async () => {
  // Beside the baseline (1) the horizons 2, 3, 4, 5: two go on from 20 steps, one from 50. Three seeds each.
  expect(await forecast('pruning: { halving: { rungs: [0.15, 0.5] } }')).toEqual({
    rule: 'halving',
    rungs: [
      { share: 0.15, cells: 15 },
      { share: 0.5, cells: 9 },
    ],
    finishing: 6,
    trainingFlops: {
      without: 3 * 100 * (1 + 2 + 3 + 4 + 5),
      least: 3 * (100 * (1 + 2) + 50 * 3 + 20 * (4 + 5)),
      most: 3 * (100 * (1 + 5) + 50 * 4 + 20 * (3 + 2)),
    },
  });
});

it('under the paired rule all may go on, or stop at the first rung', async () => {
  expect(await forecast('pruning: { paired: { rungs: [0.2, 0.5] } }')).toMatchObject({
    rungs: [{ cells: 15 }, { cells: 15 }],
    finishing: 15,
    trainingFlops: { least: 3 * (100 * 1 + 20 * (2 + 3 + 4 + 5)), most: 3 * 100 * 15 },
  });
});

it('is none of a plan without pruning', async () => {
  expect(await forecast('')).toBeUndefined();
});
