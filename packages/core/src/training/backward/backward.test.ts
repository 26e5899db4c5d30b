// V vocabulary, D width.
import { type Engine, openEngine, type Tensor, tf } from '@foretoken/engine';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BackwardName } from '../../config/experiment.ts';
import type { TrainableModel } from '../../model/build-model.ts';
import { defineHead } from '../../plugins/define.ts';
import { HORIZON, tinyBatches, tinyModel } from '../tiny-model.fixture.ts';
import type { Backward, BackwardResult } from './backward.ts';
import { backwardOf } from './backward-of.ts';

const OFFSETS = [1, 2, 3];
const WEIGHTS: Record<string, number> = { 'offset-1': 1, 'offset-2': 0.5, 'offset-3': 0.25 };
const weight = (term: string) => WEIGHTS[term] ?? 0;

let engine: Engine;
let tensorsBefore: number;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
beforeEach(() => {
  tensorsBefore = engine.memory().numTensors;
});
afterEach(() => {
  expect(engine.memory().numTensors).toBe(tensorsBefore);
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

function losses(
  backward: Backward,
  model: TrainableModel,
  rows: readonly number[],
  offsets = OFFSETS,
): ReadonlyMap<string, number> {
  const { batches, dispose } = tinyBatches(rows);
  const result = backward(model, { batch: batches[0], offsets, weight, batches: 1 });
  for (const gradient of result.gradients.values()) gradient.dispose();
  dispose();
  return result.losses;
}

function weighted(backward: Backward, model: TrainableModel, rows: readonly number[]): number {
  return [...losses(backward, model, rows)].reduce((sum, [term, loss]) => sum + weight(term) * loss, 0);
}

/** Runs `measure` with a parameter moved along a direction. */
function shifted(
  model: TrainableModel,
  { name, direction, by }: { name: string; direction: Float32Array; by: number },
  measure: () => number,
): number {
  const tensor = model.parameters.get(name)!;
  const start = Float32Array.from(tensor.dataSync());
  const set = (values: Float32Array) => model.store.replace(name, tf.tensor(values, tensor.shape) as Tensor);
  set(start.map((value, i) => value + by * direction[i]));
  const loss = measure();
  set(start);
  return loss;
}

/** Fresh embeddings are so small that a loss hardly bends: larger ones give every parameter a slope to measure. */
function enlarge(model: TrainableModel): void {
  for (const [name, tensor] of model.parameters) {
    if (/embedding$/.test(name)) model.store.replace(name, tf.mul(tensor, 20));
  }
}

describe.each<BackwardName>(['joint', 'sequential'])('%s backward', (way) => {
  const backward = backwardOf(way);
  test.each(['shared', 'replicated'] as const)(
    'every parameter’s gradient is the slope of the weighted loss, %s readout',
    (readout) => {
      const model = tinyModel(engine, { readout });
      enlarge(model);
      const rows = [0, 1];
      const { batches, dispose } = tinyBatches(rows);
      const result: BackwardResult = backward(model, { batch: batches[0], offsets: OFFSETS, weight, batches: 1 });
      expect([...result.gradients.keys()].sort()).toEqual([...model.parameters.keys()].sort());
      for (const [name, gradient] of result.gradients) {
        const values = Float32Array.from(gradient.dataSync());
        const norm = Math.hypot(...values);
        expect(norm, name).toBeGreaterThan(0);
        const direction = values.map((value) => value / norm);
        const step = 1e-2;
        const at = (by: number) => shifted(model, { name, direction, by }, () => weighted(backward, model, rows));
        const slope = (at(step) - at(-step)) / (2 * step);
        expect(Math.abs(slope - norm) / norm, `${name}: slope ${slope}, norm ${norm}`).toBeLessThan(5e-3);
        gradient.dispose();
      }
      dispose();
      model.dispose();
    },
  );

  test('the loss of an offset is the mean over its valid targets alone', () => {
    const model = tinyModel(engine);
    const both = losses(backward, model, [0, 1]);
    const [even, odd] = [losses(backward, model, [0]), losses(backward, model, [1])];
    // Row 0 is one document: 5 targets per offset. Row 1 changes document at 3, and its second part ends with the window.
    const valid = { 'offset-1': [5, 4], 'offset-2': [5, 3], 'offset-3': [5, 2] };
    for (const [term, [first, second]] of Object.entries(valid)) {
      const mean = (even.get(term)! * first + odd.get(term)! * second) / (first + second);
      expect(both.get(term)).toBeCloseTo(mean, 5);
    }
    model.dispose();
  });

  test('offsets that sit out leave their parameters without a gradient', () => {
    const model = tinyModel(engine);
    const { batches, dispose } = tinyBatches([0]);
    const { gradients } = backward(model, { batch: batches[0], offsets: [1, 2], weight, batches: 1 });
    const reached = new Set([...gradients.keys()].map((name) => name.match(/^head\/blocks\.\d/)?.[0]));
    expect([...reached].filter((block) => block !== undefined).sort()).toEqual(['head/blocks.1', 'head/blocks.2']);
    for (const gradient of gradients.values()) gradient.dispose();
    dispose();
    model.dispose();
  });

  test('a head that throws in its forward leaks nothing', () => {
    const head = defineHead({
      name: 'throws',
      create: ({ ops }) => ({
        forward(offset, { trunk: [hidden_BTD] }) {
          ops.mul(hidden_BTD, 2);
          if (offset === HORIZON) throw new Error('on purpose');
          return hidden_BTD;
        },
      }),
    });
    const model = tinyModel(engine, { head });
    const { batches, dispose } = tinyBatches([0]);
    expect(() => backward(model, { batch: batches[0], offsets: OFFSETS, weight, batches: 1 })).toThrow('on purpose');
    dispose();
    model.dispose();
  });

  test('a term on the tape is weighted, reported and differentiated like the others', () => {
    const head = defineHead({
      name: 'feature',
      create: ({ ops, param }) => {
        const gain = param('gain', [1], { kind: 'constant', value: 3 });
        return {
          offsets: [1],
          forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD,
          objectives: () => [{ name: 'feature', value: ops.sum(ops.square(gain)) }],
        };
      },
    });
    const model = tinyModel(engine, { head });
    const { batches, dispose } = tinyBatches([0]);
    const result = backward(model, { batch: batches[0], offsets: [1], weight: () => 0.5, batches: 1 });
    expect(result.losses.get('feature')).toBe(9);
    expect(result.gradients.get('head/gain')!.dataSync()[0]).toBe(0.5 * 2 * 3);
    for (const gradient of result.gradients.values()) gradient.dispose();
    dispose();
    model.dispose();
  });
});
