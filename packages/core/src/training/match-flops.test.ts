// D width, V vocabulary.
import { type Engine, openEngine, type Tensor2D } from '@foretoken/engine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Experiment, MatchName } from '../config/experiment.ts';
import type { HorizonSchedule } from '../contracts/training.ts';
import { defineHead } from '../plugins/define.ts';
import { matchedTraining } from './match-flops.ts';
import { CONTEXT, TINY_SETTINGS, tinyModel, VOCABULARY } from './tiny-model.fixture.ts';
import { flopsPerToken } from './training-flops.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

// By hand, as in flops.test.ts: a block of the tiny model, and a readout.
const block = 2 * 336 + 96;
const readout = 2 * 8 * VOCABULARY;

const groups = (trunk: number, head: number, readout = 1) => ({
  trunk: { rate: trunk, start: 0 },
  readout: { rate: readout, start: 0 },
  head: { rate: head, start: 0 },
});

test('a training step is three forward passes of trunk, blocks and readouts', () => {
  const model = tinyModel(engine);
  const forward = 3 * block + 3 * block + 3 * readout;
  expect(flopsPerToken(model, { steps: 1 })).toEqual({ forward, training: 3 * forward });
  model.dispose();
});

test('a frozen trunk costs its forward pass, frozen heads on it too, and a frozen readout two of three', () => {
  const model = tinyModel(engine);
  const training = (...rates: Parameters<typeof groups>) =>
    flopsPerToken(model, { steps: 1, groups: groups(...rates) }).training;
  expect(training(0, 1)).toBe(3 * block + 3 * 3 * block + 3 * 3 * readout);
  expect(training(0, 0)).toBe(3 * block + 3 * block + 3 * 3 * readout);
  expect(training(0, 1, 0)).toBe(3 * block + 3 * 3 * block + 2 * 3 * readout);
  // The gradient goes through frozen heads to the trunk.
  expect(training(1, 0)).toBe(training(1, 1));
  model.dispose();
});

test('a frozen trunk is walked back all the same where a head that arranges its input trains', () => {
  const head = defineHead({
    name: 'arranging',
    create: ({ ops, param }) => {
      const own = param<Tensor2D>('own', [8, 8]);
      return {
        arrange: ({ x_BTD, at }) => ({
          x_BSD: x_BTD,
          at,
          columns_BT: Int32Array.from({ length: CONTEXT }, (_, t) => t),
        }),
        offsets: [1],
        forward: (_, { trunk: [h] }) => ops.linear(h, own),
      };
    },
  });
  const model = tinyModel(engine, { head });
  const [trunk, matrix] = [4 * block, 2 * 8 * 8];
  const training = (...rates: Parameters<typeof groups>) =>
    flopsPerToken(model, { steps: 1, groups: groups(...rates) }).training;
  expect(training(0, 1)).toBe(3 * trunk + 3 * matrix + 3 * readout);
  expect(training(0, 0)).toBe(trunk + matrix + 3 * readout);
  model.dispose();
});

test('a group that starts later costs its gradients from then on', () => {
  const model = tinyModel(engine);
  const { trunk, ...rest } = groups(1, 1);
  const late = { ...rest, trunk: { ...trunk, start: 5 } };
  const steps = 20;
  const standing = 3 * block + 3 * 3 * block + 3 * 3 * readout;
  const all = standing + 2 * 3 * block;
  expect(flopsPerToken(model, { steps, groups: late }).training).toBe((5 * standing + 15 * all) / steps);
  expect(flopsPerToken(model, { steps: 5, groups: late }).training).toBe(standing);
  model.dispose();
});

test('a teacher costs its logits once more for each offset that it teaches', () => {
  const model = tinyModel(engine);
  const plain = flopsPerToken(model, { steps: 1 }).training;
  const taught = flopsPerToken(model, { steps: 1, distil: { loss: 'kl', share: 0.5 } }).training;
  expect(taught - plain).toBe(2 * readout);
  model.dispose();
});

test('losses of a head’s own are counted: rows by their readout, values by what they do on the tape', () => {
  const head = defineHead({
    name: 'own',
    create: ({ ops, param, readout }) => {
      const probe = param<Tensor2D>('probe', [8, 2]);
      const small = { weight_EV: param<Tensor2D>('small', [8, 4]) };
      return {
        offsets: [1],
        forward: (_, { trunk: [h] }) => h,
        objectives: ({ offset, rows }) => {
          const hidden_NE = ops.reshape<Tensor2D>(offset(1).hidden_BTE, [CONTEXT, 8]);
          return [
            { name: 'next', hidden_NE, readout, rows: rows(1), validRows: CONTEXT },
            { name: 'rank', hidden_NE, readout: small, rows: rows(1), validRows: CONTEXT },
            { name: 'probe', value: ops.sum(ops.linear(hidden_NE, probe)) },
          ];
        },
      };
    },
  });
  const model = tinyModel(engine, { head });
  const losses = 3 * (readout + 2 * 8 * 4 + 2 * 8 * 2);
  expect(flopsPerToken(model, { steps: 1 })).toEqual({
    forward: 4 * block + readout,
    training: 3 * 4 * block + losses,
  });
  model.dispose();
});

function experimentOf(match: MatchName, training = TINY_SETTINGS): Experiment {
  // Of an experiment only these parts are read.
  return { model: { match }, training, data: { context: CONTEXT } } as unknown as Experiment;
}

const fixed: HorizonSchedule = { start: () => null, now: () => 3 };
/** One more offset every third of the steps. */
const growing: HorizonSchedule = { start: () => null, now: (_, { step, steps }) => 1 + Math.floor((3 * step) / steps) };

// Of one step at horizon 1, 2 and 3, by hand.
const stepOf = (horizon: number) => 3 * (3 * block + horizon * (block + readout));

test('every step counts at its own horizon where the schedule goes by the step alone', () => {
  const model = tinyModel(engine);
  const settings = { ...TINY_SETTINGS, steps: 7 };
  const { flops, isUpperBound } = matchedTraining(experimentOf('none', settings), model, growing);
  // 7 steps in thirds: 0..2 at horizon 1, 3 and 4 at 2, 5 and 6 at 3.
  expect(flops.training).toBe((3 * stepOf(1) + 2 * stepOf(2) + 2 * stepOf(3)) / 7);
  expect(flops.forward).toBe(stepOf(3) / 3);
  expect(isUpperBound).toBe(false);
  model.dispose();
});

test('match: flops gives a growing horizon more steps than a full one, for the same FLOPs', () => {
  const model = tinyModel(engine, { match: 'flops' });
  const settings = { ...TINY_SETTINGS, steps: 1000 };
  const spent = [fixed, growing].map((schedule) => {
    const { settings: matched, flops, budgetFlops } = matchedTraining(experimentOf('flops', settings), model, schedule);
    return { steps: matched.steps, share: (matched.steps * matched.batch * CONTEXT * flops.training) / budgetFlops! };
  });
  const budget = 1000 * 3 * (4 * block + readout);
  expect(spent[0].steps).toBe(Math.round(budget / stepOf(3)));
  // Thirds at horizon 1, 2 and 3 cost as much as horizon 2 throughout, but for what is left over of three.
  expect(Math.abs(spent[1].steps - budget / stepOf(2))).toBeLessThanOrEqual(1);
  for (const { share } of spent) expect(Math.abs(share - 1)).toBeLessThan(0.001);
  model.dispose();
});

test('a schedule that learns counts at the full horizon, and says that this is an upper bound', () => {
  const model = tinyModel(engine);
  const learning: HorizonSchedule = { start: () => 1, now: () => 1, learn: () => 1 };
  expect(matchedTraining(experimentOf('none'), model, learning)).toMatchObject({
    flops: { training: stepOf(3) },
    isUpperBound: true,
  });
  model.dispose();
  // There is nothing to decide.
  const one = tinyModel(engine, { horizon: 1 });
  expect(matchedTraining(experimentOf('none'), one, learning).isUpperBound).toBe(false);
  one.dispose();
});

test('a horizon out of range is refused before anything is counted', () => {
  const model = tinyModel(engine);
  const wrong = { ...fixed, now: () => 4 };
  expect(() => matchedTraining(experimentOf('none'), model, wrong)).toThrow(
    'HORIZON_INVALID: horizon schedule "fixed": a horizon is an integer in 1..3, was 4 at step 0.',
  );
  model.dispose();
});

test('match: flops takes as many steps as the one-token model’s training pays for', () => {
  const model = tinyModel(engine, { match: 'flops' });
  // The reference: four blocks and one readout. Its own: three, three, and three readouts.
  const [reference, own] = [3 * (4 * block + readout), 3 * (6 * block + 3 * readout)];
  const settings = { ...TINY_SETTINGS, steps: 1000, warmupSteps: 20, checkpointEvery: 100, validateEvery: 50 };
  const { settings: matched, budgetFlops, flops } = matchedTraining(experimentOf('flops', settings), model, fixed);
  expect(flops.training).toBe(own);
  const tokensPerStep = settings.batch * settings.accumulate * CONTEXT;
  expect(budgetFlops).toBe(1000 * tokensPerStep * reference);
  const steps = Math.round((1000 * reference) / own);
  expect(matched).toMatchObject({ steps, warmupSteps: Math.round(20 * (steps / 1000)) });
  expect(Math.abs((steps * tokensPerStep * own) / budgetFlops! - 1)).toBeLessThan(0.001);
  model.dispose();
});

test.each(['parameters', 'tokens', 'none'] as const)('match: %s leaves the number of steps alone', (match) => {
  const model = tinyModel(engine, { match, horizon: 2 });
  expect(matchedTraining(experimentOf(match), model, { ...fixed, now: () => 2 })).toEqual({
    isUpperBound: false,
    settings: TINY_SETTINGS,
    flops: flopsPerToken(model, TINY_SETTINGS),
  });
  model.dispose();
});
