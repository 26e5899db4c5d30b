import type { AblationPlan, PlanDescription, PlannedArm } from '@foretoken/ablation';
import { expect, it } from 'vitest';
import { planJson, planLines } from './plan-lines.ts';

const cost = {
  ...{ parameters: 12_345, layers: 6, trunkLayers: 5, steps: 2000, tokens: 1e6 },
  flopsPerToken: { forward: 1e3, training: 3e3 },
  ...{ trainingFlops: 3e9, checkpoints: 3, checkpointBytes: 1024 ** 2 },
};

const arm = (name: string, status: 'done' | 'left' | 'failed', more: Partial<PlannedArm> = {}): PlannedArm => ({
  ...{ name, differences: [], cost, cells: [{ id: `id-${name}`, seed: 0, status }] },
  ...more,
});

const set = (path: string, value: number) => ({ path, baseline: 0, arm: value });

const description: PlanDescription = {
  arms: [
    arm('a', 'done'),
    arm('rate=2', 'left', { differences: [set('x.rate', 2)] }),
    arm('rate=3', 'failed', { differences: [set('x.rate', 3), set('x.width', 4)] }),
    arm('twin', 'left', { sameAs: 'rate=2', differences: [set('x.rate', 2)] }),
  ],
  trainings: [
    { key: 'k1', seed: 0, arms: ['a', 'rate=2'], status: 'done' },
    { key: 'k2', seed: 0, arms: ['rate=3'], status: 'left' },
  ],
  stale: { cells: 0, changed: [] },
  estimate: {
    ...{
      trainingFlops: 3e9,
      isUpperBound: true,
      trainingSeconds: 75,
      checkpointBytes: 2 * 1024 ** 2,
      freeBytes: 1024 ** 2,
    },
    rate: { flopsPerSecond: 4e7, from: 'a moment of training' },
  },
};

const plan = {
  ...{ name: 'p', directory: '/out', arms: description.arms.map(({ name }) => name) },
  cells: description.arms.map(({ name }) => ({ id: `id-${name}`, arm: name, seed: 0, trainingKey: 'k1' })),
  trainings: [{}, {}],
} as unknown as AblationPlan;

it('shows arms, differences that names do not say, cells, what is shared, and what it takes', () => {
  const lines = planLines(plan, description);
  expect(lines.slice(0, 4).map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
    ' training',
    'arm parameters steps FLOPs cells done',
    'a (baseline) 12,345 2,000 3 G 1 1',
    'rate=2 12,345 2,000 3 G 1 0',
  ]);
  expect(lines.slice(6).map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
    '',
    'differs from the baseline in, beside what its name says:',
    ' rate=3: width=4',
    ' twin: rate=2',
    '',
    'arm seed training cell status',
    'a 0 k1 id-a done',
    'rate=2 0 k1 id-rate=2 left',
    'rate=3 0 k1 id-rate=3 failed',
    'twin 0 k1 id-twin left',
    '',
    'shares one training per seed:',
    ' a · rate=2',
    'twin is the same as rate=2: one result for both',
    '',
    expect.stringMatching(/^4 arms; 4 cells, 1 done, 1 to be tried again; 2 trainings, 1 done; into .*out$/),
    'to train: at most 3 GFLOPs; estimate: 1:15 one after the other, at 40 MFLOP/s as just measured; evaluations come on top',
    'disk: 2.0 MiB of checkpoints, 1.0 MiB free: NOT ENOUGH',
  ]);
});

it('counts cells where they are many, and says where nothing is left', () => {
  const many = { ...plan, cells: Array.from({ length: 1000 }, () => plan.cells[0]) } as AblationPlan;
  const finished = { ...description, estimate: { ...description.estimate, trainingFlops: 0, rate: undefined } };
  const lines = planLines(many, finished);
  expect(lines).toContain('1,000 cells; --json lists them.');
  expect(lines.at(-1)).toBe('nothing is left to train');
});

it('as JSON keeps what scripts read before, and adds to it', () => {
  const { arms, cells, trainings, armPlans, trainingPlans, estimate } = planJson(plan, description);
  expect(arms).toEqual(['a', 'rate=2', 'rate=3', 'twin']);
  expect(cells[2]).toEqual({ id: 'id-rate=3', arm: 'rate=3', seed: 0, trainingKey: 'k1', status: 'failed' });
  expect(trainings).toBe(2);
  expect(armPlans[3]).toMatchObject({ name: 'twin', sameAs: 'rate=2', cells: ['id-twin'], cost });
  expect(trainingPlans).toBe(description.trainings);
  expect(estimate).toBe(description.estimate);
});

it('says how many cells are stale and why, and nothing where none is', () => {
  const changed = ['@foretoken/heads (same version, other contents)', 'the engine (a, now b)'];
  const lines = planLines(plan, { ...description, stale: { cells: 2, changed } });
  expect(lines.at(-1)).toBe(
    '2 cells are stale and will run anew: changed since is @foretoken/heads (same version, other contents), the engine (a, now b); the results of then are kept and not used',
  );
  expect(planLines(plan, description).join('\n')).not.toContain('stale');
  expect(planJson(plan, description).stale).toEqual({ cells: 0, changed: [] });
});

it('shows minutes in place of steps and operations nobody knows, and that nobody gets such arms again', () => {
  const clock = { cost: { ...cost, minutes: 3 }, notReproducible: 'trained for 3 minutes by the clock' };
  const arms = [arm('a', 'left', clock), arm('b', 'left', clock)];
  const { rate: _, ...estimate } = description.estimate;
  const timed = { ...description, arms, estimate: { ...estimate, trainingFlops: 0, minutes: 6, trainingSeconds: 360 } };
  const lines = planLines(plan, timed).map((line) => line.replaceAll(/ +/g, ' '));
  expect(lines[2]).toBe('a (baseline) 12,345 3 min – 1 0');
  expect(lines).toContain(
    'to train: 6 minutes by the clock; estimate: 6:00 one after the other; evaluations come on top',
  );
  expect(lines.at(-1)).toBe('not reproducible: a · b, trained for 3 minutes by the clock');
});
