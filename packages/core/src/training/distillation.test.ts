// N rows, E readout input width, V vocabulary of the student, W of the teacher.
import { readFileSync } from 'node:fs';
import {
  type Engine,
  listEngines,
  openEngine,
  type Readout,
  type Tensor1D,
  type Tensor2D,
  tf,
} from '@foretoken/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BackwardName, DistilSettings } from '../config/experiment.ts';
import type { TrainableModel } from '../model/build-model.ts';
import { defineHead } from '../plugins/define.ts';
import { backwardOf } from './backward/backward-of.ts';
import { distilledRows, type Teacher } from './distillation.ts';
import { targetRows } from './objectives.ts';
import { blocksHead, TINY_SETTINGS, tinyBatches, tinyModel } from './tiny-model.fixture.ts';
import { Trainer } from './trainer.ts';

interface Fixture {
  readonly columns: number;
  readonly width: number;
  readonly vocabulary: number;
  readonly cases: readonly FixtureCase[];
}

interface FixtureCase extends DistilSettings {
  readonly offset: number;
  readonly tokens?: readonly number[];
  readonly targets: readonly number[];
  readonly hidden: readonly number[];
  readonly gain: readonly number[];
  readonly weight: readonly number[];
  readonly student: readonly number[];
  readonly losses: readonly number[];
  readonly gradient: readonly number[];
}

const fixture = JSON.parse(readFileSync(new URL('fixtures/distillation.json', import.meta.url), 'utf8')) as Fixture;
const OFFSETS = [1, 2, 3];
const LOSSES = ['kl', 'total-variation', 'lk'] as const;

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

function teacherOf({ hidden, gain, weight, loss, share }: FixtureCase): Teacher {
  const { columns, width, vocabulary } = fixture;
  const readout = {
    gain_E: tf.tensor1d([...gain]) as Tensor1D,
    weight_EV: tf.tensor2d([...weight], [width, vocabulary]) as Tensor2D,
  };
  const hidden_NE = tf.tensor2d([...hidden], [hidden.length / width, width]) as Tensor2D;
  return { settings: { loss, share }, hidden_NE, readout, columns };
}

function rowsOf(given: FixtureCase) {
  const { ops } = engine;
  const target_N = Int32Array.from(given.targets);
  const tokens_V = given.tokens && Int32Array.from(given.tokens);
  const hard = targetRows(ops, target_N, { tokens_V });
  return distilledRows(ops, teacherOf(given), { offset: given.offset, target_N, hard, tokens_V });
}

const far = (values: ArrayLike<number>, wanted: readonly number[]) =>
  Math.max(...wanted.map((value, i) => Math.abs(values[i] - value)));

const present = (await listEngines()).filter(
  ({ name, available }) => available && ['native', 'wasm', 'cpu'].includes(name),
);
const onEveryEngine = present.flatMap(({ name }) => fixture.cases.map((given) => ({ engineName: name, ...given })));

describe.each(onEveryEngine)(
  'on $engineName, $loss with share $share at offset $offset, vocabulary $tokens',
  (given) => {
    beforeAll(async () => {
      engine = await openEngine({ name: given.engineName });
    });
    afterAll(async () => {
      engine = await openEngine({ name: 'cpu' });
    });
    const N = given.targets.length;
    const V = given.student.length / N;

    test('losses and gradients are PyTorch’s', () => {
      tf.tidy(() => {
        const { loss_R, dLogits_RV } = rowsOf(given)(tf.tensor2d([...given.student], [N, V]), 0);
        expect(far(loss_R.dataSync(), given.losses)).toBeLessThan(2e-6);
        expect(far(dLogits_RV.dataSync(), given.gradient)).toBeLessThan(2e-6);
      });
    });

    test('a row’s bits do not depend on the block that it is in', () => {
      tf.tidy(() => {
        const logits_NV = tf.tensor2d([...given.student], [N, V]);
        const whole = rowsOf(given)(logits_NV, 0);
        for (const [first, count] of [
          [0, 3],
          [3, 4],
          [9, 1],
        ]) {
          const part = rowsOf(given)(tf.slice(logits_NV, [first, 0], [count, V]), first);
          expect(part.loss_R.dataSync()).toEqual(whole.loss_R.dataSync().slice(first, first + count));
          expect(part.dLogits_RV.dataSync()).toEqual(whole.dLogits_RV.dataSync().slice(first * V, (first + count) * V));
        }
      });
    });
  },
);

test('the teacher’s logits are made for the rows of a block, never for all', () => {
  // 2^20 logits at a time: 4 rows of a vocabulary of 256k.
  const [N, V] = [5, 1 << 18];
  tf.tidy(() => {
    const seen: number[] = [];
    const watched: typeof engine.ops = {
      ...engine.ops,
      readoutLogits: (hidden_NE, readout) => {
        seen.push(hidden_NE.shape[0]);
        return engine.ops.readoutLogits(hidden_NE, readout);
      },
    };
    const readout = { weight_EV: tf.ones([1, V]) as Tensor2D };
    const hidden_NE = tf.ones([N, 1]) as Tensor2D;
    const target_N = new Int32Array(N);
    const teacher = { settings: { loss: 'kl', share: 1 } as const, hidden_NE, readout, columns: N };
    const rows = distilledRows(watched, teacher, { offset: 2, target_N, hard: engine.ops.crossEntropyRows(target_N) });
    const { loss_N } = engine.ops.linearLoss(readout, [{ hidden_NE, rows, scale: 1 }], { gradients: false });
    // The last row has no teacher, so its block needs none: uniform against one token.
    expect(seen).toEqual([4]);
    expect(loss_N[0].dataSync()[0]).toBeCloseTo(0, 5);
    expect(loss_N[0].dataSync()[N - 1]).toBeCloseTo(Math.log(V), 3);
  });
});

test('distributions without a common token stay finite', () => {
  tf.tidy(() => {
    const given = { ...fixture.cases[0], hidden: [1, 0, 0, 1, 0, 0], targets: [0, -1], share: 1, offset: 2 };
    const weight = Array.from({ length: 21 }, (_, i) => (i < 7 ? (i === 0 ? 300 : -300) : 0));
    for (const loss of LOSSES) {
      const rows = rowsOf({ ...given, loss, gain: [1, 1, 1], weight });
      const { loss_R, dLogits_RV } = rows(tf.tensor2d([-300, 300, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [2, 7]), 0);
      expect([...loss_R.dataSync(), ...dLogits_RV.dataSync()].every(Number.isFinite), loss).toBe(true);
      expect(loss_R.dataSync()[0], loss).toBeGreaterThan(0.999);
    }
  });
});

test('a student that speaks tokens its teacher does not is refused', () => {
  tf.tidy(() => {
    const teacher = teacherOf(fixture.cases[0]);
    const few: Readout = { ...teacher.readout, tokens_V: Int32Array.of(0, 1, 2, 3, 4, 5, 6) };
    const lesson = { offset: 2, target_N: new Int32Array(10), hard: engine.ops.crossEntropyRows(new Int32Array(10)) };
    const taught = (tokens_V?: Int32Array) => () =>
      distilledRows(engine.ops, { ...teacher, readout: few }, { ...lesson, tokens_V });
    expect(taught(Int32Array.of(1, 9))).toThrow(/CONFIG_CONFLICT: training\.distil: offset 2 speaks tokens/);
    expect(taught()).toThrow(/CONFIG_CONFLICT/);
    expect(taught(Int32Array.of(6, 1))).not.toThrow();
  });
});

/** Further offsets in a vocabulary of their own. */
const reduced = defineHead({
  name: 'reduced',
  create({ ops, param, dims, readout }) {
    const tokens_V = Int32Array.of(7, 0, 2, 3, 5);
    const weight_EV = param<Tensor2D>('unembedding', [dims.width, tokens_V.length]);
    const weights_DD = OFFSETS.map((offset) => param<Tensor2D>(`weights.${offset}`, [dims.width, dims.width]));
    return {
      readout: (offset) => (offset === 1 ? readout : { weight_EV, tokens_V }),
      forward: (offset, { trunk: [hidden_BTD] }) =>
        ops.linear(hidden_BTD, weights_DD[offset - 1], { residual: hidden_BTD }),
    };
  },
});

const chained = defineHead({
  name: 'chained',
  create({ ops, param, dims }) {
    const weights_DD = OFFSETS.map((offset) => param<Tensor2D>(`weights.${offset}`, [dims.width, dims.width]));
    return {
      reads: { carry: 'nearer' },
      forward: (offset, { trunk: [hidden_BTD], carry_BTC }) =>
        ops.linear(carry_BTC ?? hidden_BTD, weights_DD[offset - 1], { residual: hidden_BTD }),
    };
  },
});

interface StepResult {
  readonly losses: ReadonlyMap<string, number>;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

function stepOf(
  model: TrainableModel,
  backward: BackwardName,
  distil: DistilSettings,
  weights = [1, 1, 1],
): StepResult {
  const { batches, dispose } = tinyBatches([0, 1, 2]);
  const weight = (term: string) => weights[Number(term.at(-1)) - 1];
  const request = { batch: batches[0], offsets: OFFSETS, weight, batches: 1, distil };
  const { losses, gradients } = backwardOf(backward)(model, request);
  const host = new Map([...gradients].map(([name, gradient]) => [name, Float32Array.from(gradient.dataSync())]));
  tf.dispose([...gradients.values()]);
  dispose();
  return { losses, gradients: host };
}

describe.each([blocksHead, reduced, chained])('a step of head $name', (head) => {
  test.each(LOSSES)('sequential and joint backward agree on %s', (loss) => {
    const model = tinyModel(engine, { head });
    const before = engine.memory().numTensors;
    const [apart, together] = (['sequential', 'joint'] as const).map((name) =>
      stepOf(model, name, { loss, share: 0.7 }),
    );
    expect(apart.losses).toEqual(together.losses);
    expect([...apart.gradients.keys()].sort()).toEqual([...together.gradients.keys()].sort());
    for (const [name, gradient] of together.gradients) {
      const other = apart.gradients.get(name)!;
      const distance = Math.hypot(...gradient.map((value, i) => value - other[i]));
      expect(distance, name).toBeLessThanOrEqual(1e-5 * Math.hypot(...gradient) + 1e-9);
    }
    expect(engine.memory().numTensors).toBe(before);
    model.dispose();
  });

  test.each(LOSSES)('%s flows to what only the students use, by its slope, and not into the teacher', (loss) => {
    const model = tinyModel(engine, { head });
    const distil = { loss, share: 1 };
    const name = [...model.parameters.keys()].find((key) => /^head\/(blocks\.2\.down|weights\.2)$/.test(key))!;
    const total = () => {
      const { losses } = stepOf(model, 'joint', distil, [0, 1, 1]);
      return losses.get('offset-2')! + losses.get('offset-3')!;
    };
    const { gradients } = stepOf(model, 'joint', distil, [0, 1, 1]);
    const gradient = gradients.get(name)!;
    const weight = model.parameters.get(name)!;
    const start = Float32Array.from(weight.dataSync());
    const length = Math.hypot(...gradient);
    const along = (distance: number) => {
      const moved = start.map((value, i) => value + (distance * gradient[i]) / length);
      model.store.replace(name, tf.tensor(moved, weight.shape));
      return total();
    };
    const h = 5e-3;
    // Along the gradient itself the slope is its length.
    const slope = (along(h) - along(-h)) / (2 * h);
    expect(Math.abs(slope - length) / length).toBeLessThan(1e-2);
    model.store.replace(name, tf.tensor(start, weight.shape));
    model.dispose();
  });
});

test('with share 0 the step is the plain one', () => {
  const model = tinyModel(engine);
  const plain = stepOf(model, 'sequential', undefined as unknown as DistilSettings);
  const none = stepOf(model, 'sequential', { loss: 'kl', share: 0 });
  for (const [term, loss] of plain.losses) expect(none.losses.get(term)).toBeCloseTo(loss, 6);
  for (const [name, gradient] of plain.gradients)
    expect(far(none.gradients.get(name)!, [...gradient])).toBeLessThan(1e-6);
  model.dispose();
});

test('offset 1 learns from the text alone', () => {
  const model = tinyModel(engine);
  const weights = [1, 0, 0];
  const [taught, plain] = [{ loss: 'kl', share: 1 }, undefined].map((distil) =>
    stepOf(model, 'sequential', distil as DistilSettings, weights),
  );
  expect(taught.losses.get('offset-1')).toBe(plain.losses.get('offset-1'));
  expect(taught.gradients.get('trunk/embedding')).toEqual(plain.gradients.get('trunk/embedding'));
  model.dispose();
});

describe('a head with objectives of its own', () => {
  const terms = ['offset-1', 'offset-2', 'features'];
  /** Two offsets by the rows that the framework gives, and a value beside them. */
  const own = (rows: 'asked' | 'made') =>
    defineHead({
      name: 'own',
      create({ ops, param, dims }) {
        const weight_DD = param<Tensor2D>('weight', [dims.width, dims.width]);
        return {
          offsets: [1, 2],
          forward: (offset, { trunk: [hidden_BTD] }) =>
            offset === 1 ? hidden_BTD : ops.linear(hidden_BTD, weight_DD, { residual: hidden_BTD }),
          objectives: (seen) => {
            const of = (offset: number) => {
              const { hidden_BTE } = seen.offset(offset);
              const [B, T, E] = hidden_BTE.shape;
              const hidden_NE = ops.reshape<Tensor2D>(hidden_BTE, [B * T, E]);
              const made = () => ops.crossEntropyRows(seen.target(offset));
              return {
                name: `offset-${offset}`,
                hidden_NE,
                readout: seen.readout(offset),
                rows: rows === 'asked' ? seen.rows(offset) : made(),
                validRows: seen.validTargets(offset),
              };
            };
            return [of(1), of(2), { name: 'features', value: ops.mean(ops.square(seen.offset(2).hidden_BTE)) }];
          },
        };
      },
    });

  test('is taught in the offset terms whose rows it asks for', () => {
    const model = tinyModel(engine, { head: own('asked'), horizon: 2 });
    const plainHead = defineHead({
      ...own('asked'),
      name: 'plain',
      create: (context, options) => {
        const { objectives: _, ...head } = own('asked').create(context, options);
        return head;
      },
    });
    const plain = tinyModel(engine, { head: plainHead, horizon: 2 });
    const distil = { loss: 'kl', share: 0.5 } as const;
    const run = (which: TrainableModel) => {
      const { batches, dispose } = tinyBatches([0, 1]);
      const request = { batch: batches[0], offsets: [1, 2], weight: () => 1, batches: 1, distil };
      const { losses, gradients } = backwardOf('joint')(which, request);
      tf.dispose([...gradients.values()]);
      dispose();
      return losses;
    };
    expect(run(model).get('offset-2')).toBe(run(plain).get('offset-2'));
    expect(run(model).get('offset-2')).not.toBe(
      stepOf(plain, 'joint', undefined as unknown as DistilSettings).losses.get('offset-2'),
    );
    for (const each of [model, plain]) each.dispose();
  });

  const trainerOf = (model: TrainableModel, names: readonly string[]) =>
    new Trainer({
      engine,
      model,
      settings: { ...TINY_SETTINGS, distil: { loss: 'kl', share: 1 } },
      weighting: { start: () => 0, now: () => names.map(() => 1) },
      horizonSchedule: { start: () => 0, now: () => 2 },
      backward: backwardOf('sequential'),
      terms: names,
    });

  test('is refused if none of its terms is of a further offset', () => {
    const model = tinyModel(engine, { head: own('asked'), horizon: 2 });
    expect(() => trainerOf(model, ['offset-1', 'order'])).toThrow(
      /CONFIG_CONFLICT: training\.distil: the head cannot be taught by offset 1: its terms are "offset-1", "order", none of/,
    );
    model.dispose();
  });

  test('is refused if it makes the rows of such a term itself', () => {
    const model = tinyModel(engine, { head: own('made'), horizon: 2 });
    const trainer = trainerOf(model, terms);
    const { batches, dispose } = tinyBatches([0]);
    expect(() => trainer.run(batches)).toThrow(/CONFIG_CONFLICT: .* its term "offset-2" makes its rows itself/);
    dispose();
    trainer.dispose();
    model.dispose();
  });
});
