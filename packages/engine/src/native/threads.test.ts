// The same bits on any number of threads, forward and backward; and a row's gradient whatever the other rows.
// B rows, T nodes, D width, F inner width, H attention heads, G key/value heads, d width of one attention head, V vocabulary.
import { afterAll, describe, expect, test } from 'vitest';
import type { Engine } from '../engine.ts';
import { chainNodes } from '../nodes.ts';
import { openEngine } from '../open-engine.ts';
import type { EngineOps } from '../ops/engine-ops.ts';
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, tf } from '../tensor.ts';
import { randomArray, tensorOf, uniforms } from '../testing/judge.ts';
import { PRESENT } from '../testing/present.ts';

const [B, T, D, F, H, G, d, V] = [6, 70, 96, 130, 4, 2, 24, 53];
const N = B * T;
const threads = [1, 2, 3, 5];
const hasNative = PRESENT.includes('native');
if (!hasNative) console.warn('threads.test: skipped, the native engine is not built on this machine');

const random = <X extends Tensor>(...shape: number[]): X =>
  tensorOf<X>(randomArray(shape, uniforms(shape.reduce((sum, size) => sum * 31 + size, 7))));

interface Case {
  readonly inputs: () => Tensor[];
  readonly run: (ops: EngineOps, inputs: Tensor[], rows: number) => Tensor;
  /** How many of the inputs have one row for each row of the output; the others are shared by all. */
  readonly rowwise: number;
}

const targets = Int32Array.from({ length: N }, (_, row) => (row * 7) % V);
const attention = (ops: EngineOps, [q, k, v]: Tensor[], rows: number): Tensor => {
  const at = chainNodes(rows / T, T);
  const noKeyValues = { slot: 'none' };
  return ops.attention(q as Tensor4D, k as Tensor4D, v as Tensor4D, at, noKeyValues);
};

const cases: Record<string, Case> = {
  linear: {
    inputs: () => [random(N, D), random(D, F), random(F)],
    run: (ops, [x, w, b]) => ops.linear(x, w as Tensor2D, { bias_O: b as Tensor1D }),
    rowwise: 1,
  },
  'linear with residual': {
    inputs: () => [random(N, D), random(N, D), random(D, D)],
    run: (ops, [x, residual, w]) => ops.linear(x, w as Tensor2D, { residual }),
    rowwise: 2,
  },
  matmul: { inputs: () => [random(N, D), random(D, F)], run: (ops, [a, b]) => ops.matmul(a, b), rowwise: 1 },
  gatedMlp: {
    inputs: () => [random(N, D), random(D, F), random(D, F), random(F, D)],
    run: (ops, [x, gate, up, down]) =>
      ops.gatedMlp(x, { gate_DF: gate as Tensor2D, up_DF: up as Tensor2D, down_FD: down as Tensor2D }),
    rowwise: 1,
  },
  rmsNorm: {
    inputs: () => [random(N, D), random(D)],
    run: (ops, [x, gain]) => ops.rmsNorm(x, gain as Tensor1D),
    rowwise: 1,
  },
  attention: {
    inputs: () => [random(B, T, H, d), random(B, T, G, d), random(B, T, G, d)],
    run: attention,
    rowwise: 3,
  },
  rotary: {
    inputs: () => [random(B, T, H, d)],
    run: (ops, [x], rows) => ops.rotary(x as Tensor4D, chainNodes(rows / T, T)),
    rowwise: 1,
  },
  softmax: { inputs: () => [random(N, D)], run: (ops, [x]) => ops.softmax(x), rowwise: 1 },
  logSumExp: { inputs: () => [random(N, D)], run: (ops, [x]) => ops.logSumExp(x, 1), rowwise: 1 },
  silu: { inputs: () => [random(N, D)], run: (ops, [x]) => ops.silu(x), rowwise: 1 },
  'mul by a row': { inputs: () => [random(N, D), random(D)], run: (ops, [x, y]) => ops.mul(x, y), rowwise: 1 },
  'sum of columns': { inputs: () => [random(N, D)], run: (ops, [x]) => ops.sum(x, 0), rowwise: 0 },
  embed: {
    inputs: () => [random(V, D)],
    run: (ops, [table]) => ops.embed(tf.tensor2d(targets, [B, T], 'int32'), table as Tensor2D),
    rowwise: 0,
  },
};

const bitsOf = (tensor: Tensor): string => Buffer.from(Float32Array.from(tensor.dataSync()).buffer).toString('base64');

/** Output and gradients of a case, as values. */
function results(engine: Engine, one: Case, inputs: Tensor[], rows: number): Tensor[] {
  const recording = engine.record(() => one.run(engine.ops, inputs, rows));
  const flow = random(...recording.outputs.shape.with(0, Math.max(N, recording.outputs.shape[0])));
  const seed = tf.slice(
    flow,
    recording.outputs.shape.map(() => 0),
    recording.outputs.shape,
  );
  const gradients = recording.backward([{ at: recording.outputs, gradient: seed }], inputs);
  return [recording.outputs, ...gradients.map((gradient) => gradient as Tensor)];
}

describe.skipIf(!hasNative)('on the native engine', () => {
  afterAll(async () => {
    await openEngine({ name: 'native' });
  });

  test.each(Object.entries(cases))(
    '%s and its gradients have the same bits on any number of threads',
    async (_, one) => {
      const seen = new Set<string>();
      for (const count of threads) {
        const engine = await openEngine({ name: 'native', threads: count });
        tf.tidy(() => {
          seen.add(results(engine, one, one.inputs(), N).map(bitsOf).join());
        });
      }
      expect(seen.size).toBe(1);
    },
  );

  const byRow = Object.entries(cases).filter(([, { rowwise }]) => rowwise > 0);
  test.each(byRow)('a row of %s and of its gradients has the same bits alone and among others', async (_, one) => {
    const engine = await openEngine({ name: 'native', threads: 2 });
    tf.tidy(() => {
      const inputs = one.inputs();
      const all = results(engine, one, inputs, N);
      const few = T;
      const part = (x: Tensor): Tensor =>
        tf.slice(
          x,
          x.shape.map(() => 0),
          x.shape.with(0, (x.shape[0] * few) / N),
        );
      const some = results(
        engine,
        one,
        inputs.map((x, index) => (index < one.rowwise ? part(x) : x)),
        few,
      );
      for (const index of Array.from({ length: one.rowwise + 1 }, (_, at) => at)) {
        expect(bitsOf(some[index])).toBe(bitsOf(part(all[index])));
      }
    });
  });

  test('the loss, its gradients and AdamW have the same bits on any number of threads', async () => {
    const seen = new Set<string>();
    for (const count of threads) {
      const { ops } = await openEngine({ name: 'native', threads: count });
      tf.tidy(() => {
        const readout = { gain_E: random<Tensor1D>(D), weight_EV: random<Tensor2D>(D, V), bias_V: random<Tensor1D>(V) };
        const part = { hidden_NE: random<Tensor2D>(N, D), rows: ops.crossEntropyRows(targets), scale: 1 / N };
        const { loss_N, dHidden_NE, dGain_E, dWeight_EV, dBias_V } = ops.linearLoss(readout, [part], {
          gradients: true,
        });
        const slot = {
          weight: random(D, 999),
          gradient: random(D, 999),
          moment1: tf.zeros<tf.Rank>([D, 999]),
          moment2: tf.zeros<tf.Rank>([D, 999]),
        };
        const norm = ops.sumOfSquares([slot.gradient, part.hidden_NE]).dataSync()[0];
        const rates = { learningRate: 0.01, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1 };
        const [{ weight }] = ops.adamw([slot], { ...rates, step: 1, gradientScale: 0.5 });
        const tensors = [...loss_N, ...dHidden_NE, dGain_E, dWeight_EV, dBias_V, weight] as Tensor[];
        seen.add(`${norm} ${tensors.map(bitsOf).join()}`);
      });
    }
    expect(seen.size).toBe(1);
  });
});
