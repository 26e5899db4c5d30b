// B rows, T positions, D width, N = B*T rows, V vocabulary.
import { type Engine, openEngine, type Tensor, type Tensor2D, type Tensor3D, tf } from '@foretoken/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrainableModel } from '../../model/build-model.ts';
import { forwardOffsets, forwardTrunk, runOffsets } from '../../model/forward.ts';
import { crossEntropy } from '../../model/offset-cross-entropy.ts';
import { type Definition, defineHead } from '../../plugins/define.ts';
import { tinyBatches, tinyModel } from '../tiny-model.fixture.ts';
import type { Backward, StepBatch } from './backward.ts';
import { joint } from './joint.ts';
import { sequential } from './sequential.ts';

const OFFSETS = [1, 2, 3];

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

const matrix = ({ param, dims }: Parameters<Definition<'head'>['create']>[0], name: string) =>
  param<Tensor2D>(name, [dims.width, dims.width], { kind: 'normal', standardDeviation: 0.4 });

/** Each offset its own matrix on the trunk's states. */
const apart = defineHead({
  name: 'apart',
  create(context) {
    const weights_DD = OFFSETS.map((offset) => matrix(context, `weights.${offset}`));
    return { forward: (offset, { trunk: [hidden_BTD] }) => context.ops.linear(hidden_BTD, weights_DD[offset - 1]) };
  },
});

/** Each offset from the one before it. */
const chained = defineHead({
  name: 'chained',
  create(context) {
    const weights_DD = OFFSETS.map((offset) => matrix(context, `weights.${offset}`));
    return {
      reads: { carry: 'nearer' },
      forward: (offset, { trunk: [hidden_BTD], carry_BTC }) =>
        context.ops.linear(carry_BTC ?? hidden_BTD, weights_DD[offset - 1]),
    };
  },
});

/** Offsets 2 and 3 leave the trunk alone. */
const probing = defineHead({
  name: 'probing',
  create({ ops }) {
    return { forward: (offset, { trunk: [hidden_BTD] }) => (offset === 1 ? hidden_BTD : ops.stopGradient(hidden_BTD)) };
  },
});

/** Fresh embeddings are so small that a loss hardly bends. */
function bentModel(head: Definition<'head'>): TrainableModel {
  const model = tinyModel(engine, { head });
  for (const [name, tensor] of model.parameters) {
    if (/embedding$/.test(name)) model.store.replace(name, tf.mul(tensor, 20));
  }
  return model;
}

/** Squared norms of a step, added up over its batches. */
function normsOf(
  backward: Backward,
  model: TrainableModel,
  rows: readonly (readonly number[])[],
  { offsets = OFFSETS, weight = () => 1 }: { offsets?: readonly number[]; weight?: (term: string) => number } = {},
): Record<string, number> {
  const { batches, dispose } = tinyBatches(...rows);
  const sums: Record<string, number> = {};
  for (const batch of batches) {
    const result = backward(model, { batch, offsets, weight, batches: batches.length, norms: true });
    for (const gradient of result.gradients.values()) gradient.dispose();
    for (const [term, squared] of result.squaredNorms!) sums[term] = (sums[term] ?? 0) + squared;
  }
  dispose();
  return sums;
}

/** Mean cross-entropy of hidden states, in float64 on the host. */
function meanLoss(model: TrainableModel, batch: StepBatch, offset: number, hidden_BTD: Tensor3D): number {
  const target_N = batch.targets.target(offset);
  const V = model.dims.vocabulary;
  const logits_NV = engine.ops.readoutLogits(
    tf.reshape(hidden_BTD, [target_N.length, model.dims.width]) as Tensor2D,
    model.readout(offset),
  );
  const values = Float64Array.from(logits_NV.dataSync());
  let sum = 0;
  for (const [row, target] of target_N.entries()) {
    if (target < 0) continue;
    const logits = values.subarray(row * V, (row + 1) * V);
    sum += Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0)) - logits[target];
  }
  return sum / batch.targets.validTargets(offset);
}

/** Squared norm of a gradient by central differences, one per element. */
function squaredSlope(at: Tensor3D, lossAt: (moved: Tensor3D) => number): number {
  const start = Float32Array.from(at.dataSync());
  const step = 0.02;
  const moved = (index: number, by: number) =>
    engine.tidy(() => {
      const values = Float32Array.from(start);
      values[index] += by;
      return lossAt(tf.tensor(values, at.shape) as Tensor3D);
    });
  let squared = 0;
  for (const index of start.keys()) squared += ((moved(index, step) - moved(index, -step)) / (2 * step)) ** 2;
  return squared;
}

describe('the squared norm of an offset’s gradient is that of finite differences', () => {
  test.each([1, 2, 3])('at the trunk’s states where offsets stand apart, offset %i', (offset) => {
    const model = bentModel(apart);
    const { batches, dispose } = tinyBatches([0, 1]);
    const expected = engine.tidy(() => {
      const { source } = forwardTrunk(model, batches[0].input);
      return squaredSlope(source.trunk[0], (moved_BTD) => {
        const { hidden_BTE } = runOffsets(model, [offset], { ...source, trunk: [moved_BTD] }).get(offset)!;
        return meanLoss(model, batches[0], offset, hidden_BTE);
      });
    });
    const norms = normsOf(sequential, model, [[0, 1]]);
    expect(norms[`offset-${offset}`] / expected).toBeCloseTo(1, 2);
    dispose();
    model.dispose();
  });

  test.each([
    ['sequential', sequential],
    ['joint', joint],
  ])('at each offset’s own hidden state in a chain, %s', (_, backward) => {
    const model = bentModel(chained);
    const { batches, dispose } = tinyBatches([0, 1]);
    const norms = normsOf(backward, model, [[0, 1]]);
    for (const offset of OFFSETS) {
      const expected = engine.tidy(() => {
        const { hidden_BTE } = forwardOffsets(model, batches[0].input, OFFSETS).offsets.get(offset)!;
        return squaredSlope(hidden_BTE, (moved_BTD) => meanLoss(model, batches[0], offset, moved_BTD));
      });
      expect(norms[`offset-${offset}`] / expected).toBeCloseTo(1, 2);
    }
    dispose();
    model.dispose();
  });
});

describe.each([
  ['apart', apart],
  ['chained', chained],
])('norms of the head "%s"', (_, head) => {
  test('are the same for any weights, tiny ones included, and none is told for weight 0', () => {
    const model = bentModel(head);
    const plain = normsOf(sequential, model, [[0, 1]]);
    const weights: Record<string, number> = { 'offset-1': 1e-12, 'offset-2': 1e4, 'offset-3': 0 };
    const weighted = normsOf(sequential, model, [[0, 1]], { weight: (term) => weights[term] });
    expect(Object.keys(weighted)).toEqual(['offset-1', 'offset-2']);
    for (const [term, squared] of Object.entries(weighted)) expect(squared / plain[term]).toBeCloseTo(1, 4);
    model.dispose();
  });

  test('are those of the step, however it is cut into batches', () => {
    const model = bentModel(head);
    const one = normsOf(sequential, model, [[0, 1, 2, 3]]);
    const two = normsOf(sequential, model, [
      [0, 1],
      [2, 3],
    ]);
    for (const term of Object.keys(one)) expect(two[term] / one[term]).toBeCloseTo(1, 5);
    model.dispose();
  });

  test('are told of a single offset too, and do not depend on the others', () => {
    const model = bentModel(head);
    const all = normsOf(sequential, model, [[0, 1]]);
    const first = normsOf(sequential, model, [[0, 1]], { offsets: [1] });
    expect(Object.keys(first)).toEqual(['offset-1']);
    expect(first['offset-1'] / all['offset-1']).toBeCloseTo(1, 5);
    model.dispose();
  });

  test('change neither losses nor gradients, and are left out unless asked for', () => {
    const model = bentModel(head);
    const { batches, dispose } = tinyBatches([0, 1]);
    const request = { batch: batches[0], offsets: OFFSETS, weight: () => 0.5, batches: 1 };
    const [asked, plain] = [true, false].map((norms) => sequential(model, { ...request, norms }));
    expect(plain.squaredNorms).toBeUndefined();
    expect(asked.losses).toEqual(plain.losses);
    for (const [name, gradient] of asked.gradients) {
      expect(Array.from(gradient.dataSync()), name).toEqual(Array.from(plain.gradients.get(name)!.dataSync()));
    }
    for (const { gradients } of [asked, plain]) for (const gradient of gradients.values()) gradient.dispose();
    dispose();
    model.dispose();
  });
});

test.each([
  ['apart', apart],
  ['chained', chained],
])('a frozen trunk shows the same norms, head "%s"', (_, head) => {
  const model = bentModel(head);
  const { batches, dispose } = tinyBatches([0, 1]);
  const request = { batch: batches[0], offsets: OFFSETS, weight: () => 1, batches: 1, norms: true };
  const [free, frozen] = [() => true, (name: string) => !name.startsWith('trunk/')].map((trains) =>
    sequential(model, { ...request, trains }),
  );
  expect([...frozen.gradients.keys()].some((name) => name.startsWith('trunk/'))).toBe(false);
  for (const [term, squared] of free.squaredNorms!) expect(frozen.squaredNorms!.get(term)! / squared).toBeCloseTo(1, 5);
  for (const { gradients } of [free, frozen]) for (const gradient of gradients.values()) gradient.dispose();
  dispose();
  model.dispose();
});

test('an offset through which nothing flows back to the trunk has the norm 0', () => {
  const model = bentModel(probing);
  const norms = normsOf(sequential, model, [[0, 1]]);
  expect(norms['offset-1']).toBeGreaterThan(0);
  expect(norms).toMatchObject({ 'offset-2': 0, 'offset-3': 0 });
  model.dispose();
});

test('a term on the tape has no norm, the row losses beside it have', () => {
  const head = defineHead({
    name: 'feature',
    create: ({ ops, param }) => {
      const gain = param<Tensor>('gain', [1], { kind: 'constant', value: 3 });
      return {
        offsets: [1],
        forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD,
        objectives: (seen) => [crossEntropy(ops, seen, 1), { name: 'feature', value: ops.sum(ops.square(gain)) }],
      };
    },
  });
  const model = tinyModel(engine, { head });
  expect(Object.keys(normsOf(sequential, model, [[0]], { offsets: [1] }))).toEqual(['offset-1']);
  model.dispose();
});
