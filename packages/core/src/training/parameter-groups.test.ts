// B rows, T positions, D width, F features.
import { type Engine, openEngine, type Tensor, type Tensor1D, type Tensor2D, tf } from '@foretoken/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BackwardName, Experiment } from '../config/experiment.ts';
import type { TrainableModel } from '../model/build-model.ts';
import { type Definition, defineHead } from '../plugins/define.ts';
import type { Backward } from './backward/backward.ts';
import { backwardOf } from './backward/backward-of.ts';
import { groupOf, rateIn } from './parameter-groups.ts';
import { batchesOf, blocksHead, TINY_SETTINGS, tinyBatches, tinyModel, tinyTokens } from './tiny-model.fixture.ts';
import { Trainer } from './trainer.ts';

const TERMS = ['offset-1', 'offset-2', 'offset-3'];
const OFFSETS = [1, 2, 3];
const ALIKE = { rate: 1, start: 0 };
const FROZEN = { rate: 0, start: 0 };
/** Medusa-1: nothing but the head moves. */
const HEAD_ALONE = { trunk: FROZEN, readout: FROZEN, head: ALIKE };

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'wasm' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

/** Nothing of its own at offset 1; further ones read the tokens ahead through the trunk's embedding. */
const reader = defineHead({
  name: 'reader',
  create({ ops, param, dims, embed }) {
    const weights_FD = [2, 3].map((offset) => param<Tensor2D>(`merge.${offset}`, [offset * dims.width, dims.width]));
    return {
      reads: { ahead: true },
      forward: (offset, { trunk: [hidden_BTD], ahead }) =>
        offset === 1
          ? hidden_BTD
          : ops.linear(ops.concat([hidden_BTD, ...ahead.map(embed)], 2), weights_FD[offset - 2], {
              residual: hidden_BTD,
            }),
    };
  },
});

/** Each offset on the one before. */
const chained = defineHead({
  name: 'chained',
  create({ ops, param, dims }) {
    const weights_DD = OFFSETS.map((offset) => param<Tensor2D>(`weights.${offset}`, [dims.width, dims.width]));
    return {
      reads: { carry: 'nearer' },
      forward: (offset, { trunk: [hidden_BTD], carry_BTC }) =>
        ops.linear(carry_BTC ?? hidden_BTD, weights_DD[offset - 1], { residual: carry_BTC ?? hidden_BTD }),
    };
  },
});

/** A learned shift of the trunk's input: a weight of the head below the trunk. */
const shifted = defineHead({
  name: 'shifted',
  create({ ops, param, dims }) {
    const shift_D = param<Tensor1D>('shift', [dims.width]);
    return {
      forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD,
      arrange({ x_BTD, at, nodes }) {
        const [B, T] = x_BTD.shape;
        const { position_BT, parent_BT } = at;
        const columns_BT = Int32Array.from({ length: B * T }, (_, i) => i % T);
        const places = nodes({ T, position_BT, parent_BT, length_B: new Int32Array(B).fill(T) });
        return { x_BSD: ops.add(x_BTD, shift_D), at: places, columns_BT };
      },
    };
  },
});

type Groups = Experiment['training']['groups'];

function trainerOf(model: TrainableModel, groups: Groups, backward: BackwardName = 'sequential'): Trainer {
  return new Trainer({
    engine,
    model,
    settings: { ...TINY_SETTINGS, ...(groups && { groups }) },
    weighting: { start: () => 0, now: () => [1, 1, 1] },
    horizonSchedule: { start: () => 0, now: () => 3 },
    backward: backwardOf(backward),
    terms: TERMS,
  });
}

function step(trainer: Trainer, rows: number[]) {
  const { batches, dispose } = tinyBatches(rows);
  try {
    return trainer.run(batches);
  } finally {
    dispose();
  }
}

const hex = (tensor: Tensor) => Buffer.from(Float32Array.from(tensor.dataSync()).buffer).toString('hex');

/** Weights as bytes by name, of the groups named. */
function bits(model: TrainableModel, ...groups: string[]): Record<string, string> {
  const entries = [...model.parameters].filter(([name]) => groups.includes(groupOf(name)));
  return Object.fromEntries(entries.map(([name, tensor]) => [name, hex(tensor)]));
}

test('a parameter belongs to its owner, whichever offset’s readout it is', () => {
  expect(['trunk/embedding', 'trunk/head/a.b', 'readout/norm', 'readout.12/norm', 'head/a'].map(groupOf)).toEqual([
    ...['trunk', 'trunk', 'readout', 'readout', 'head'],
  ]);
});

test('a group has rate 0 until its start, and its own from then on', () => {
  const groups = { trunk: { rate: 0.5, start: 3 }, readout: FROZEN, head: ALIKE };
  expect([0, 2, 3, 9].map((at) => rateIn(groups, at)('trunk/a'))).toEqual([0, 0, 0.5, 0.5]);
  expect([0, 9].map((at) => rateIn(groups, at)('readout.2/a'))).toEqual([0, 0]);
  expect(rateIn(undefined, 0)('head/a')).toBe(1);
});

describe.each(['sequential', 'joint'] as const)('backward: %s', (backward) => {
  describe.each([blocksHead, reader, chained, shifted] as Definition<'head'>[])('head $name', (head) => {
    test('what is frozen is the same to the bit after 20 steps, and has no moments', () => {
      const model = tinyModel(engine, { head, readout: 'replicated' });
      const trainer = trainerOf(model, HEAD_ALONE, backward);
      const [before, head0] = [bits(model, 'trunk', 'readout'), bits(model, 'head')];
      for (let i = 0; i < 20; i++) step(trainer, [i, i + 1]);
      expect(bits(model, 'trunk', 'readout')).toEqual(before);
      for (const [name, value] of Object.entries(bits(model, 'head'))) expect(value, name).not.toBe(head0[name]);
      const moved = [...trainer.tensors().keys()].filter((name) => name.startsWith('adamw'));
      expect(moved.every((name) => name.includes('/head/'))).toBe(true);
      expect(new Set(Object.keys(trainer.state().adamwSteps).map(groupOf))).toEqual(new Set(['head']));
      trainer.dispose();
      model.dispose();
    });

    test('the gradients of what trains are those of the step in which all does', () => {
      const model = tinyModel(engine, { head });
      const [whole, part] = [undefined, (name: string) => groupOf(name) === 'head'].map((trains) =>
        gradientsOf(model, backwardOf(backward), trains),
      );
      const names = [...whole.keys()].filter((name) => groupOf(name) === 'head');
      expect([...part.keys()].sort()).toEqual(names.sort());
      for (const name of names) {
        const distance = Math.hypot(...part.get(name)!.map((value, i) => value - whole.get(name)![i]));
        expect(distance, name).toBeLessThanOrEqual(1e-6 * Math.hypot(...whole.get(name)!));
      }
      model.dispose();
    });
  });

  test('gradient norms of the terms are those of the step in which all trains', () => {
    const model = tinyModel(engine, { head: blocksHead });
    const norms = [undefined, (name: string) => groupOf(name) === 'head'].map((trains) => {
      const { batches, dispose } = tinyBatches([0, 1]);
      const request = { batch: batches[0], offsets: OFFSETS, weight: () => 0.5, batches: 1, norms: true, trains };
      const { gradients, squaredNorms } = backwardOf(backward)(model, request);
      tf.dispose([...gradients.values()]);
      dispose();
      return squaredNorms;
    });
    expect(norms[1]).toEqual(norms[0]);
    expect([...norms[0]!.keys()]).toEqual(TERMS);
    model.dispose();
  });

  test('the norm that is clipped is that of what trains', () => {
    const model = tinyModel(engine);
    const trains = (name: string) => groupOf(name) !== 'trunk';
    const gradients = gradientsOf(model, backwardOf(backward), trains);
    const trainer = trainerOf(model, { trunk: FROZEN, readout: ALIKE, head: ALIKE }, backward);
    const norm = Math.hypot(...[...gradients.values()].flatMap((gradient) => [...gradient]));
    expect(step(trainer, [0, 1]).gradientNorm).toBeCloseTo(norm, 5);
    trainer.dispose();
    model.dispose();
  });

  test('a trunk that stands keeps nothing for a backward pass', () => {
    const frozen = peakOf(backwardOf(backward), (name) => groupOf(name) === 'head');
    const free = peakOf(backwardOf(backward), undefined);
    expect(frozen).toBeLessThan(0.7 * free);
  });
});

/** Gradients on the host, of one batch of four windows. */
function gradientsOf(model: TrainableModel, backward: Backward, trains?: (name: string) => boolean) {
  const { batches, dispose } = tinyBatches([0, 1]);
  const request = { batch: batches[0], offsets: OFFSETS, weight: () => 1, batches: 1, ...(trains && { trains }) };
  const { gradients } = backward(model, request);
  const host = new Map([...gradients].map(([name, gradient]) => [name, Float32Array.from(gradient.dataSync())]));
  tf.dispose([...gradients.values()]);
  dispose();
  return host;
}

/** Peak of bytes above the weights in one step of a head with no block of its own, over 16 windows. */
function peakOf(backward: Backward, trains: ((name: string) => boolean) | undefined): number {
  const model = tinyModel(engine, { head: reader });
  const { batches, dispose } = batchesOf([tinyTokens(Array.from({ length: 16 }, (_, i) => i))]);
  const { bytes } = engine.memory();
  engine.resetPeak();
  const request = { batch: batches[0], offsets: OFFSETS, weight: () => 1, batches: 1, ...(trains && { trains }) };
  const { gradients } = backward(model, request);
  const peak = engine.memory().peakBytes - bytes;
  tf.dispose([...gradients.values()]);
  dispose();
  model.dispose();
  return peak;
}

test('a head that reads embeddings does not move a frozen trunk’s embedding', () => {
  const model = tinyModel(engine, { head: reader });
  const gradients = gradientsOf(model, backwardOf('joint'), (name) => groupOf(name) !== 'trunk');
  expect([...gradients.keys()].filter((name) => groupOf(name) === 'trunk')).toEqual([]);
  expect(gradients.has('head/merge.2')).toBe(true);
  // Without the freeze it would: the embedding is read by the head too.
  expect(gradientsOf(model, backwardOf('joint')).has('trunk/embedding')).toBe(true);
  model.dispose();
});

test('a rate of a half is a step of half the length', () => {
  const [whole, half] = [tinyModel(engine), tinyModel(engine)];
  const [a, b] = [
    trainerOf(whole, undefined),
    trainerOf(half, { trunk: { rate: 0.5, start: 0 }, readout: ALIKE, head: ALIKE }),
  ];
  const name = 'trunk/embedding';
  const start = Float32Array.from(whole.parameters.get(name)!.dataSync());
  for (const trainer of [a, b]) step(trainer, [0, 1]);
  const [moved, halfMoved] = [whole, half].map((model) =>
    [...model.parameters.get(name)!.dataSync()].map((value, i) => value - start[i]),
  );
  for (const [i, distance] of moved.entries()) expect(halfMoved[i]).toBeCloseTo(distance / 2, 6);
  expect(bits(half, 'head', 'readout')).toEqual(bits(whole, 'head', 'readout'));
  for (const trainer of [a, b]) trainer.dispose();
  for (const model of [whole, half]) model.dispose();
});

describe('a group that starts later', () => {
  const late = { trunk: { rate: 0.5, start: 4 }, readout: { rate: 0.5, start: 4 }, head: ALIKE };

  test('stays as it is until then, and has its own bias correction from there', () => {
    const model = tinyModel(engine);
    const trainer = trainerOf(model, late);
    const before = bits(model, 'trunk', 'readout');
    for (let i = 0; i < 4; i++) step(trainer, [i]);
    expect(bits(model, 'trunk', 'readout')).toEqual(before);
    expect(Object.keys(trainer.state().adamwSteps).map(groupOf)).not.toContain('trunk');
    step(trainer, [4]);
    const { adamwSteps } = trainer.state();
    expect([adamwSteps['trunk/embedding'], adamwSteps['head/blocks.1.query']]).toEqual([1, 5]);
    for (const [name, value] of Object.entries(bits(model, 'trunk', 'readout')))
      expect(value, name).not.toBe(before[name]);
    trainer.dispose();
    model.dispose();
  });

  test.each([2, 4, 6])('stopped after %i steps and resumed, it ends in the same bits', (stop) => {
    const [model, other] = [tinyModel(engine), tinyModel(engine, { seed: 99 })];
    const [trainer, resumed] = [trainerOf(model, late), trainerOf(other, late)];
    for (let i = 0; i < stop; i++) step(trainer, [i]);
    const copies = new Map([...trainer.tensors()].map(([name, tensor]) => [name, tf.clone(tensor) as Tensor]));
    resumed.restore(JSON.parse(JSON.stringify(trainer.state())), (name) => copies.get(name)!);
    for (const each of [trainer, resumed]) for (let i = stop; i < 8; i++) step(each, [i]);
    for (const kind of [(of: Trainer) => of.state(), tensorsOf]) expect(kind(resumed)).toEqual(kind(trainer));
    for (const each of [trainer, resumed]) each.dispose();
    for (const each of [model, other]) each.dispose();
  });
});

const tensorsOf = (trainer: Trainer) =>
  Object.fromEntries([...trainer.tensors()].map(([name, tensor]) => [name, hex(tensor)]));

test('a model whose groups that train have no parameters is refused', () => {
  const bare = defineHead({ name: 'bare', create: () => ({ forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD }) });
  const model = tinyModel(engine, { head: bare });
  expect(() => trainerOf(model, HEAD_ALONE)).toThrow(
    /CONFIG_CONFLICT: training\.groups: nothing trains in the first step\. The model has parameters in trunk, readout;/,
  );
  model.dispose();
});

test('a step in which nothing of what trains takes part moves nothing', () => {
  const model = tinyModel(engine, { head: reader });
  const trainer = new Trainer({
    engine,
    model,
    settings: { ...TINY_SETTINGS, groups: HEAD_ALONE },
    weighting: { start: () => 0, now: () => [1, 1, 1] },
    // Offset 1 of this head has no weights of its own.
    horizonSchedule: { start: () => 0, now: () => 1 },
    backward: backwardOf('sequential'),
    terms: TERMS,
  });
  const before = bits(model, 'trunk', 'readout', 'head');
  expect(step(trainer, [0])).toMatchObject({ gradientNorm: 0, skipped: false, step: 1 });
  expect(bits(model, 'trunk', 'readout', 'head')).toEqual(before);
  trainer.dispose();
  model.dispose();
});
