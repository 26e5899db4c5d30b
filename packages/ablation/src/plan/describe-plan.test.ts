import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { ForetokenError, hashJson, writeJson } from '@foretoken/core';
import type { TrainingCost } from '@foretoken/core/training';
import { describe, expect, it } from 'vitest';
import { tokensPerStep } from '../matrix/budget.ts';
import { openAblationStore } from '../run/ablation-store.ts';
import { type DescribeOptions, describePlan } from './describe-plan.ts';
import type { AblationPlan } from './plan-ablation.ts';
import type { Previewer } from './plan-costs.ts';
import { planningHost, planOf } from './planning.fixture.ts';

/** 6 operations per parameter and token, of which there are 10 per horizon; 4,000 operations a second. */
function countingPreviewer() {
  const counted: string[] = [];
  const preview: Previewer = async (experiment, use) => {
    const { model, training } = experiment;
    const parameters = 10 * model.head.horizon;
    const tokens = training.steps * tokensPerStep(experiment);
    counted.push(`${model.head.name} ${model.head.horizon} seed ${experiment.seed}`);
    const cost: TrainingCost = {
      ...{ parameters, layers: 6, trunkLayers: 6, steps: training.steps, tokens },
      flopsPerToken: { forward: 2 * parameters, training: 6 * parameters },
      trainingFlops: 6 * parameters * tokens,
      ...{ checkpoints: 3, checkpointBytes: 36 * parameters },
    };
    return use({ cost, flopsPerSecond: () => 4000 });
  };
  return { preview, counted };
}

const describeOf = (plan: AblationPlan, options: DescribeOptions = {}) =>
  describePlan(plan, planningHost(), { ...countingPreviewer(), ...options });

describe('a described plan', () => {
  it('tells what each arm differs in from the baseline, defaults that follow included', async () => {
    const { arms } = await describeOf(
      await planOf(`
arms:
  - { name: n=1, set: { model.head.horizon: 1 } }
  - { name: other head, set: { model.head: low-rank } }
  - { name: longer, set: { model.head.horizon: 1, training.steps: 400 } }`),
    );
    expect(arms[0].differences).toEqual([]);
    expect(arms[1].differences).toEqual([
      { path: 'model.head', baseline: { name: 'parallel' }, arm: { name: 'low-rank', rank: 8 } },
      { path: 'model.head.horizon', baseline: 1, arm: 4 },
      {
        path: 'decoders.speculative',
        arm: { name: 'speculative', rule: { name: 'exact' }, policy: { name: 'fixed' } },
      },
    ]);
    expect(arms[2].differences.map((one) => [one.path, one.baseline, one.arm])).toEqual([
      ['training.steps', 200, 400],
      ['training.warmupSteps', 4, 8],
      ['training.checkpointEvery', 20, 40],
      ['training.validateEvery', 20, 40],
    ]);
  });

  it('counts trainings that count alike once, in the tokens of each', async () => {
    const { preview, counted } = countingPreviewer();
    const plan = await planOf(
      'axes: { model.head.horizon: [1, 2], training.batch: [8, 4], training.learningRate: [0.1, 0.2] }\nseeds: [1, 2]',
    );
    const { arms, estimate } = await describeOf(plan, { preview });
    // The third makes a model to time it.
    expect(counted).toEqual(['parallel 1 seed 1', 'parallel 2 seed 1', 'parallel 1 seed 1']);
    // 200 steps of 8 x 128 tokens, and of half of them.
    expect(arms.map(({ cost }) => [cost.tokens, cost.trainingFlops])).toEqual(
      [60, 120].flatMap((each) => [204_800, 204_800, 102_400, 102_400].map((tokens) => [tokens, each * tokens])),
    );
    const total = 2 * (60 + 120) * 2 * (204_800 + 102_400);
    expect(estimate).toMatchObject({
      ...{ trainingFlops: total, isUpperBound: false, trainingSeconds: total / 4000 },
      rate: { flopsPerSecond: 4000, from: 'a moment of training' },
      checkpointBytes: 36 * (10 + 20) * 2 * 2 * 2,
    });
    expect(estimate.freeBytes).toBeGreaterThan(0);
  });

  it('tells arms that share a training, and arms that are the same', async () => {
    const { arms, trainings } = await describeOf(
      await planOf(`
arms:
  - { name: a }
  - { name: b, set: { decoders.speculative.policy.length: 1 } }
  - { name: c, set: { model.head: linear } }
  - { name: again, set: { model.head.horizon: 4 } }
seeds: [0, 1]`),
    );
    expect(trainings.map((training) => [training.arms, training.seed, training.status])).toEqual([
      [['a', 'b', 'again'], 0, 'left'],
      [['a', 'b', 'again'], 1, 'left'],
      [['c'], 0, 'left'],
      [['c'], 1, 'left'],
    ]);
    expect(arms.map(({ sameAs }) => sameAs)).toEqual([undefined, undefined, undefined, 'a']);
  });

  it('takes off what its folder holds, and goes by the rate of what was trained there', async () => {
    const plan = await planOf('axes: { model.head.horizon: [1, 2, 3, 4] }');
    const store = openAblationStore(plan.directory);
    const [done, failed, trained, started] = plan.cells;
    const failure = { task: 'measure', code: 'UNEXPECTED', message: 'x' } as const;
    await store.writeRecord({ id: done.id } as never);
    await store.writeFailure({ id: failed.id, ...failure });
    const summary = { flopsPerToken: { forward: 1, training: 60 }, timings: { seconds: 1, tokensPerSecond: 50 } };
    await mkdir(store.paths.training(trained.trainingKey), { recursive: true });
    const written = { ...summary, contentHash: hashJson(summary) };
    await writeJson(path.join(store.paths.training(trained.trainingKey), 'summary.json'), written);
    await mkdir(path.join(store.paths.training(started.trainingKey), 'checkpoints'), { recursive: true });
    const { arms, trainings, estimate } = await describeOf(plan);
    expect(arms.map(({ cells }) => cells[0].status)).toEqual(['done', 'failed', 'left', 'left']);
    expect(trainings.map(({ status }) => status)).toEqual(['done', 'left', 'done', 'started']);
    const left = 204_800 * (120 + 240);
    expect(estimate).toMatchObject({
      ...{ trainingFlops: left, trainingSeconds: left / 3000 },
      rate: { flopsPerSecond: 3000, from: 'finished trainings' },
    });
  });

  it('refuses arms whose models cannot be made, all at once', async () => {
    const { preview } = countingPreviewer();
    const fails: Previewer = async (experiment, use) => {
      const { horizon } = experiment.model.head;
      if (horizon === 2) throw new ForetokenError('LAYERS_TOO_FEW', 'head "x" has more weights than the trunk.');
      if (horizon === 3) throw new Error('broken plugin');
      return preview(experiment, use);
    };
    const plan = await planOf('axes: { model.head.horizon: [1, 2, 3] }\nseeds: [1, 2]');
    await expect(describeOf(plan, { preview: fails })).rejects.toMatchObject({
      code: 'ABLATION_INVALID',
      problems: [
        expect.stringMatching(
          /ablation\.yaml: arm "horizon=2" cannot be made: head "x" has more weights than the trunk\.$/,
        ),
        expect.stringMatching(/ablation\.yaml: arm "horizon=3" cannot be made: broken plugin$/),
      ],
    });
  });

  it('of arms that end by the clock tells the time and that nobody gets them again, and times no step', async () => {
    const plan = await planOf('axes: { model.head.horizon: [1, 2] }\nseeds: [0, 1]\nbudget: { minutes: 3 }');
    const preview: Previewer = (experiment, use) =>
      countingPreviewer().preview(experiment, ({ cost }) =>
        use({
          cost: { ...cost, minutes: experiment.training.minutes, steps: 0, tokens: 0, trainingFlops: 0 },
          flopsPerSecond: () => {
            throw new Error('nothing to time');
          },
        }),
      );
    const { arms, estimate } = await describeOf(plan, { preview });
    expect(estimate).toMatchObject({ trainingFlops: 0, minutes: 12, trainingSeconds: 720 });
    expect(estimate).not.toHaveProperty('rate');
    expect(arms.map((arm) => arm.notReproducible)).toEqual(Array(2).fill('trained for 3 minutes by the clock'));
    expect((await describeOf(await planOf('seeds: [0]'))).arms[0]).not.toHaveProperty('notReproducible');
  });
});

it('1,000 cells are planned and described within two seconds', async () => {
  const values = (count: number) => Array.from({ length: count }, (_, i) => i + 1).join();
  const lines = `axes: { training.batch: [${values(25)}], training.accumulate: [${values(8)}] }\nseeds: [${values(5)}]`;
  const before = process.cpuUsage();
  const plan = await planOf(lines);
  await describeOf(plan);
  const { user, system } = process.cpuUsage(before);
  expect(plan.cells).toHaveLength(1000);
  // Of the processor, so that what else runs on the machine does not count.
  expect((user + system) / 1e6).toBeLessThan(2);
});
