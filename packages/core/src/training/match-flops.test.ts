// D width, V vocabulary.
import { type Engine, openEngine, type Tensor2D } from '@foretoken/engine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Experiment, MatchName } from '../config/experiment.ts';
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

test('match: flops takes as many steps as the one-token model’s training pays for', () => {
  const model = tinyModel(engine, { match: 'flops' });
  // The reference: four blocks and one readout. Its own: three, three, and three readouts.
  const [reference, own] = [3 * (4 * block + readout), 3 * (6 * block + 3 * readout)];
  const settings = { ...TINY_SETTINGS, steps: 1000, warmupSteps: 20, checkpointEvery: 100, validateEvery: 50 };
  const { settings: matched, budgetFlops, flops } = matchedTraining(experimentOf('flops', settings), model);
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
  expect(matchedTraining(experimentOf(match), model)).toEqual({
    settings: TINY_SETTINGS,
    flops: flopsPerToken(model, TINY_SETTINGS),
  });
  model.dispose();
});
