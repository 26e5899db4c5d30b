import { type Engine, openEngine, type Tensor, type Tensor2D, tf } from '@foretoken/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Observed } from '../contracts/training.ts';
import { makeBatch } from '../data/make-batch.ts';
import type { TrainableModel } from '../model/build-model.ts';
import { defineHead } from '../plugins/define.ts';
import { backwardOf } from './backward/backward-of.ts';
import { joint } from './backward/joint.ts';
import { batchesOf, CONTEXT, TINY_SETTINGS, tinyBatches, tinyModel, VOCABULARY } from './tiny-model.fixture.ts';
import { MAX_SKIPPED_IN_A_ROW, Trainer, type TrainerParts } from './trainer.ts';

const TERMS = ['offset-1', 'offset-2', 'offset-3'];
const uniform = { start: () => 0, now: () => [1, 1, 1] };
const counting = {
  start: () => 0,
  now: () => [1, 1, 1],
  learn: (state: number) => state + 1,
};
const fixed = { start: () => 0, now: () => 3 };
const chainHead = defineHead({
  name: 'chain',
  create: ({ ops }) => ({
    reads: { carry: 'nearer' },
    forward: (_, { trunk: [hidden_BTD], carry_BTC }) => ops.mul(carry_BTC ?? hidden_BTD, 0.5),
  }),
});

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'wasm' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

function trainerOf(model: TrainableModel, parts: Partial<TrainerParts> = {}): Trainer {
  return new Trainer({
    engine,
    model,
    settings: TINY_SETTINGS,
    weighting: uniform,
    horizonSchedule: fixed,
    backward: backwardOf(TINY_SETTINGS.backward),
    terms: TERMS,
    ...parts,
  });
}

function step(trainer: Trainer, ...rows: number[][]) {
  const { batches, dispose } = tinyBatches(...rows);
  try {
    return trainer.run(batches);
  } finally {
    dispose();
  }
}

/** Every tensor of a trainer as bytes by name. */
function bits(trainer: Trainer): Record<string, string> {
  const entries = [...trainer.tensors()].map(([name, tensor]) => [
    name,
    Buffer.from(Float32Array.from(tensor.dataSync()).buffer).toString('hex'),
  ]);
  return Object.fromEntries(entries);
}

test('training on one batch brings its loss down', () => {
  const model = tinyModel(engine);
  const trainer = trainerOf(model);
  const first = step(trainer, [0, 1]).loss;
  let last = first;
  for (let i = 0; i < 15; i++) last = step(trainer, [0, 1]).loss;
  expect(last).toBeLessThan(first * 0.9);
  trainer.dispose();
  model.dispose();
});

test('one batch of four rows and two accumulated batches of two are the same step', () => {
  const [together, apart] = [tinyModel(engine), tinyModel(engine)];
  const [a, b] = [trainerOf(together), trainerOf(apart)];
  const one = step(a, [0, 1, 2, 3]);
  const two = step(b, [0, 1], [2, 3]);
  expect(two.gradientNorm).toBeCloseTo(one.gradientNorm, 4);
  for (const term of TERMS) expect(two.losses[term]).toBeCloseTo(one.losses[term], 5);
  for (const trainer of [a, b]) trainer.dispose();
  for (const model of [together, apart]) model.dispose();
});

test('a step that is not finite moves no bit of weights, moments or plugin state, and is counted', () => {
  const model = tinyModel(engine);
  const trainer = trainerOf(model, { weighting: counting });
  step(trainer, [0, 1]);
  const [before, state] = [bits(trainer), trainer.state()];
  const poisoned = trainerOf(model, { weighting: { start: () => 0, now: () => [Number.MAX_VALUE, 1, 1] } });
  expect(step(poisoned, [0, 1]).skipped).toBe(true);
  expect(poisoned.skippedSteps).toBe(1);
  poisoned.dispose();
  expect(bits(trainer)).toEqual(before);
  expect(trainer.state()).toEqual(state);
  trainer.dispose();
  model.dispose();
});

test('ten steps in a row that are not finite stop the run; nine and a good one do not', () => {
  const model = tinyModel(engine);
  let isBad = true;
  const now = () => [isBad ? Number.MAX_VALUE : 1, 1, 1];
  const trainer = trainerOf(model, { weighting: { start: () => 0, now } });
  for (let i = 1; i < MAX_SKIPPED_IN_A_ROW; i++) expect(step(trainer, [0]).skipped).toBe(true);
  isBad = false;
  expect(step(trainer, [0]).skipped).toBe(false);
  isBad = true;
  for (let i = 1; i < MAX_SKIPPED_IN_A_ROW; i++) step(trainer, [0]);
  trainer.refuseDiverged();
  expect(step(trainer, [0]).skipped).toBe(true);
  expect(() => trainer.refuseDiverged()).toThrow(/TRAINING_DIVERGED: training: fewer than 10 .* steps 11 to 20 were/);
  trainer.dispose();
  model.dispose();
});

test('a trainer restored from state and tensors goes on in the same bits', () => {
  const [model, other] = [tinyModel(engine), tinyModel(engine, { seed: 99 })];
  const [trainer, resumed] = [trainerOf(model), trainerOf(other)];
  for (let i = 0; i < 3; i++) step(trainer, [i, i + 1]);
  const copies = new Map([...trainer.tensors()].map(([name, tensor]) => [name, tf.clone(tensor) as Tensor]));
  resumed.restore(JSON.parse(JSON.stringify(trainer.state())), (name) => copies.get(name)!);
  for (const each of [trainer, resumed]) for (let i = 3; i < 6; i++) step(each, [i, i + 1]);
  expect(bits(resumed)).toEqual(bits(trainer));
  for (const each of [trainer, resumed]) each.dispose();
  for (const each of [model, other]) each.dispose();
});

test('a checkpoint from before gradient norms were kept resumes as one that saw none', () => {
  const model = tinyModel(engine);
  const trainer = trainerOf(model);
  const { lastNorms, ...older } = trainer.state();
  expect(lastNorms).toEqual([0, 0, 0]);
  trainer.restore(older, (name) => tf.clone(trainer.tensors().get(name)!));
  expect(trainer.state()).toEqual({ ...older, lastNorms: [0, 0, 0] });
  trainer.dispose();
  model.dispose();
});

test('an offset that sits out keeps its weights and moments, and later starts its own bias correction', () => {
  const model = tinyModel(engine);
  let horizon = 1;
  const trainer = trainerOf(model, { horizonSchedule: { start: () => 0, now: () => horizon } });
  const untouched = Float32Array.from(model.parameters.get('head/blocks.3.query')!.dataSync());
  step(trainer, [0]);
  step(trainer, [1]);
  expect(Float32Array.from(model.parameters.get('head/blocks.3.query')!.dataSync())).toEqual(untouched);
  horizon = 3;
  step(trainer, [2]);
  const { adamwSteps } = trainer.state();
  expect(adamwSteps['head/blocks.3.query']).toBe(1);
  expect(adamwSteps['head/blocks.1.query']).toBe(3);
  trainer.dispose();
  model.dispose();
});

test('weights or horizons out of range are refused by the plugin’s name', () => {
  const model = tinyModel(engine);
  const bad = (now: () => readonly number[]) => trainerOf(model, { weighting: { start: () => 0, now } });
  for (const weights of [
    [1, 1],
    [1, Number.NaN, 1],
    [1, -1, 1],
  ]) {
    const trainer = bad(() => weights);
    expect(() => step(trainer, [0])).toThrow(/WEIGHTS_INVALID: weighting "uniform"/);
    trainer.dispose();
  }
  for (const horizon of [0, 4, 1.5]) {
    const trainer = trainerOf(model, { horizonSchedule: { start: () => 0, now: () => horizon } });
    expect(() => step(trainer, [0])).toThrow(/HORIZON_INVALID: horizon schedule "fixed"/);
    trainer.dispose();
  }
  model.dispose();
});

test('terms that all weigh 0 are refused: only weight decay would be left', () => {
  const model = tinyModel(engine);
  const weighting = { start: () => 0, now: () => [0, 0, 1] };
  const trainer = trainerOf(model, { weighting, horizonSchedule: { start: () => 0, now: () => 2 } });
  const before = bits(trainer);
  expect(() => step(trainer, [0])).toThrow(
    'WEIGHTS_INVALID: weighting "uniform": every term of step 0 (offset-1, offset-2) weighs 0.',
  );
  expect(bits(trainer)).toEqual(before);
  trainer.dispose();
  model.dispose();
});

test.each(['losses', 'gradient norms'])('where documents are shorter than an offset, it sits out: %s', (goesBy) => {
  const model = tinyModel(engine);
  const seen: Observed[] = [];
  const weighting = {
    ...uniform,
    ...(goesBy === 'losses' ? {} : { needs: 'gradient-norms' as const }),
    learn: (state: number, step: Observed) => {
      seen.push(step);
      return state;
    },
  };
  const trainer = trainerOf(model, { weighting });
  step(trainer, [0]);
  // Documents of two tokens: offsets 2 and 3 have no target anywhere.
  const length = CONTEXT + 3;
  const tokens = Int32Array.from({ length }, (_, t) => t % VOCABULARY);
  const document = Int32Array.from({ length }, (_, t) => t >> 1);
  const pairs = makeBatch({ count: 1, read: () => ({ tokens, document }) }, [0], { context: CONTEXT, maxOffset: 3 });
  const { batches, dispose } = batchesOf([pairs]);
  const report = trainer.run(batches);
  dispose();
  expect(Object.keys(report.losses)).toEqual(['offset-1']);
  expect(seen[1].active).toEqual([true, false, false]);
  expect(seen[1].losses.slice(1)).toEqual(seen[0].losses.slice(1));
  expect(seen[1].losses[1]).toBeGreaterThan(0);
  expect(seen[1].gradientNorms?.slice(1)).toEqual(seen[0].gradientNorms?.slice(1));
  trainer.dispose();
  model.dispose();
});

describe('a weighting that goes by gradient norms', () => {
  const needy = { ...uniform, needs: 'gradient-norms' } as const;
  const noting = (seen: Observed[]) => ({
    ...needy,
    now: () => [1, 0, 2],
    learn: (state: number, step: Observed) => {
      seen.push(step);
      return state;
    },
  });

  test('is shown them, as the step’s report is; a term of weight 0 sat out', () => {
    const model = tinyModel(engine);
    const seen: Observed[] = [];
    const trainer = trainerOf(model, { weighting: noting(seen) });
    const report = step(trainer, [0, 1], [2]);
    expect(Object.keys(report.gradientNorms!)).toEqual(['offset-1', 'offset-3']);
    expect(seen[0].active).toEqual([true, false, true]);
    const norms = report.gradientNorms!;
    expect(seen[0].gradientNorms).toEqual([norms['offset-1'], 0, norms['offset-3']]);
    expect(norms['offset-1']).toBeGreaterThan(0);
    trainer.dispose();
    model.dispose();
  });

  test('is shown the last norm of a term that sits out, after a resume too', () => {
    const model = tinyModel(engine);
    let horizon = 3;
    const seen: Observed[] = [];
    const parts = { weighting: noting(seen), horizonSchedule: { start: () => 0, now: () => horizon } };
    const trainer = trainerOf(model, parts);
    step(trainer, [0]);
    const state = JSON.parse(JSON.stringify(trainer.state()));
    const copies = new Map([...trainer.tensors()].map(([name, tensor]) => [name, tf.clone(tensor) as Tensor]));
    trainer.dispose();
    const resumed = trainerOf(model, parts);
    resumed.restore(state, (name) => copies.get(name)!);
    horizon = 1;
    step(resumed, [1]);
    expect(seen[1].gradientNorms![2]).toBe(seen[0].gradientNorms![2]);
    expect(seen[1].gradientNorms![0]).not.toBe(seen[0].gradientNorms![0]);
    expect(seen[1].active).toEqual([true, false, false]);
    resumed.dispose();
    model.dispose();
  });

  test('is refused under backward: joint where offsets stand apart, and taken with a chain', () => {
    const model = tinyModel(engine);
    const parts = { weighting: needy, settings: { ...TINY_SETTINGS, backward: 'joint' }, backward: joint } as const;
    expect(() => trainerOf(model, parts)).toThrow(
      /CONFIG_CONFLICT: weighting "uniform" needs the gradient norm of each loss term, and training.backward: joint/,
    );
    model.dispose();
    const chain = tinyModel(engine, { head: chainHead });
    const trainer = trainerOf(chain, parts);
    expect(Object.keys(step(trainer, [0]).gradientNorms!)).toEqual(TERMS);
    trainer.dispose();
    chain.dispose();
  });

  test('is refused where a term is a value on the tape', () => {
    const model = tinyModel(engine);
    expect(() => trainerOf(model, { weighting: needy, valueTerms: ['feature'] })).toThrow(
      /CONFIG_CONFLICT: weighting "uniform" .* the head's own terms "feature" are single values/,
    );
    trainerOf(model, { valueTerms: ['feature'] }).dispose();
    model.dispose();
  });
});

describe('a horizon schedule that goes by acceptance', () => {
  const growing = {
    acceptanceEvery: 2,
    start: () => 1,
    now: (horizon: number) => horizon,
    learn: (horizon: number, { acceptance }: Observed) => (acceptance ? Math.min(3, horizon + 1) : horizon),
  };

  test('is shown it after every so many steps, of the offsets that train, before the step moves a weight', () => {
    const model = tinyModel(engine);
    const asked: { offsets: readonly number[]; weight: number }[] = [];
    const name = 'trunk/embedding';
    const weightNow = () => model.parameters.get(name)!.dataSync()[0];
    const acceptance = (offsets: readonly number[]) => {
      asked.push({ offsets, weight: weightNow() });
      return offsets.map(() => 0.5);
    };
    const trainer = trainerOf(model, { horizonSchedule: growing, acceptance });
    const weights: number[] = [];
    const reports = [0, 1, 2, 3, 4].map((row) => {
      weights.push(weightNow());
      return step(trainer, [row]);
    });
    expect(reports.map((report) => report.acceptance)).toEqual([undefined, [0.5], undefined, [0.5, 0.5], undefined]);
    expect(reports.map(({ horizon }) => horizon)).toEqual([1, 1, 2, 2, 3]);
    expect(reports.map(({ schedule }) => schedule)).toEqual([1, 1, 2, 2, 3]);
    expect(asked).toEqual([
      { offsets: [1], weight: weights[1] },
      { offsets: [1, 2], weight: weights[3] },
    ]);
    trainer.dispose();
    model.dispose();
  });
});

test('a horizon between two offsets trains those below it', () => {
  const head = defineHead({
    name: 'leap',
    create: ({ ops, param, dims }) => {
      const weight_DD = param<Tensor2D>('weights', [dims.width, dims.width], { kind: 'identity' });
      return { offsets: [1, 3], forward: (_, { trunk: [hidden_BTD] }) => ops.linear(hidden_BTD, weight_DD) };
    },
  });
  const model = tinyModel(engine, { head });
  for (const [horizon, terms] of [
    [1, ['offset-1']],
    [2, ['offset-1']],
    [3, ['offset-1', 'offset-3']],
  ] as const) {
    const parts = { weighting: { start: () => 0, now: () => [1, 1] }, terms: ['offset-1', 'offset-3'] };
    const trainer = trainerOf(model, { ...parts, horizonSchedule: { start: () => 0, now: () => horizon } });
    const report = step(trainer, [0]);
    expect(Object.keys(report.losses)).toEqual(terms);
    trainer.dispose();
  }
  model.dispose();
});

test('AdamW steps are the textbook’s, computed in float64', () => {
  const model = tinyModel(engine);
  const trainer = trainerOf(model, { settings: { ...TINY_SETTINGS, clip: 1e9, steps: 1000, warmupSteps: 100 } });
  const name = 'trunk/embedding';
  const weight = Float64Array.from(model.parameters.get(name)!.dataSync());
  const [moment1, moment2] = [new Float64Array(weight.length), new Float64Array(weight.length)];
  const { beta1, beta2, epsilon, weightDecay, learningRate } = TINY_SETTINGS;
  for (let t = 1; t <= 3; t++) {
    const gradient = gradientOf(model, name, [t]);
    step(trainer, [t]);
    const rate = (learningRate * t) / 100;
    for (let i = 0; i < weight.length; i++) {
      moment1[i] = beta1 * moment1[i] + (1 - beta1) * gradient[i];
      moment2[i] = beta2 * moment2[i] + (1 - beta2) * gradient[i] ** 2;
      const [mean, square] = [moment1[i] / (1 - beta1 ** t), moment2[i] / (1 - beta2 ** t)];
      weight[i] -= rate * (mean / (Math.sqrt(square) + epsilon) + weightDecay * weight[i]);
    }
    const after = model.parameters.get(name)!.dataSync();
    for (let i = 0; i < weight.length; i++) expect(Math.abs(after[i] - weight[i])).toBeLessThan(2e-7);
  }
  trainer.dispose();
  model.dispose();
});

function gradientOf(model: TrainableModel, name: string, rows: number[]): Float64Array {
  const { batches, dispose } = tinyBatches(rows);
  const { gradients } = joint(model, { batch: batches[0], offsets: [1, 2, 3], weight: () => 1, batches: 1 });
  const values = Float64Array.from(gradients.get(name)!.dataSync());
  for (const gradient of gradients.values()) gradient.dispose();
  dispose();
  return values;
}
