// N rows, E readout input width, V vocabulary.
import { beforeEach, describe, expect, test } from 'vitest';
import type { LossPart, Readout, RowLoss } from '../readout.ts';
import { type Array64, crossEntropy, readoutLogits } from '../reference/index.ts';
import { type Tensor, type Tensor1D, type Tensor2D, tf } from '../tensor.ts';
import { randomArray, relativeError, tensorOf, uniforms } from '../testing/judge.ts';
import { VARIANTS } from '../testing/variants.ts';
import { linearLossInBlocks } from './linear-loss.ts';

interface Problem {
  readonly name: string;
  readonly rows: readonly number[];
  readonly E: number;
  readonly V: number;
  readonly hasGain?: boolean;
  readonly hasBias?: boolean;
}

const problems: Problem[] = [
  { name: 'a bare readout', rows: [3], E: 5, V: 17 },
  { name: 'norm and bias', rows: [17], E: 3, V: 5, hasGain: true, hasBias: true },
  { name: 'three parts, one of them empty', rows: [3, 0, 1], E: 4, V: 9, hasGain: true },
  { name: 'no part', rows: [], E: 4, V: 9, hasGain: true, hasBias: true },
  { name: 'one class', rows: [3], E: 4, V: 1, hasBias: true },
];

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((total, value) => total + value, 0);

describe.each(VARIANTS)('on $title', async ({ open, kernels, hasKernels }) => {
  const engine = await open();
  const { ops } = engine;
  beforeEach(() => open());

  function setUp({ rows, E, V, hasGain, hasBias }: Problem) {
    const next = uniforms(rows.length * 100 + V);
    const weight = randomArray([E, V], next);
    const gain = hasGain ? randomArray([E], next) : undefined;
    const bias = hasBias ? randomArray([V], next) : undefined;
    const hidden = rows.map((N) => randomArray([N, E], next));
    // A fifth of the rows is ignored.
    const targets = rows.map((N) => Int32Array.from({ length: N }, () => (next() < 0.2 ? -1 : Math.floor(next() * V))));
    const scales = rows.map(() => next() + 0.1);
    const readout: Readout = {
      weight_EV: tensorOf<Tensor2D>(weight),
      ...(gain && { gain_E: tensorOf<Tensor1D>(gain) }),
      ...(bias && { bias_V: tensorOf<Tensor1D>(bias) }),
    };
    const parts: LossPart[] = hidden.map((array, index) => ({
      hidden_NE: tensorOf<Tensor2D>(array),
      rows: ops.crossEntropyRows(targets[index]),
      scale: scales[index],
    }));
    /** The scaled loss as a function of every input. */
    const total = (inputs: readonly Array64[]) => {
      const [w, ...rest] = inputs;
      const g = gain && rest.shift();
      const b = bias && rest.shift();
      return sum(
        rest.map((h, index) => scales[index] * sum(crossEntropy(readoutLogits(h, w, g, b), targets[index]).values)),
      );
    };
    const inputs = [weight, ...(gain ? [gain] : []), ...(bias ? [bias] : []), ...hidden];
    return { readout, parts, inputs, total, hidden, weight, gain, bias, targets };
  }

  test.each(problems)('$name: losses and gradients agree with the float64 reference', (problem) => {
    const { readout, parts, inputs, total, hidden, weight, gain, bias, targets } = setUp(problem);
    const result = ops.linearLoss(readout, parts, { gradients: true });
    for (const [index, loss] of result.loss_N.entries()) {
      const expected = crossEntropy(readoutLogits(hidden[index], weight, gain, bias), targets[index]);
      expect(loss.shape).toEqual([problem.rows[index]]);
      expect(relativeError(loss.dataSync(), expected.values)).toBeLessThan(1e-5);
    }
    const gradients = [
      result.dWeight_EV,
      ...(gain ? [result.dGain_E] : []),
      ...(bias ? [result.dBias_V] : []),
      ...result.dHidden_NE,
    ];
    for (const [which, gradient] of gradients.entries()) {
      const { values, shape } = inputs[which];
      expect(gradient?.shape).toEqual(shape);
      const slopes = Array.from(values, (value, at) => {
        const moved = (by: number) => total(inputs.with(which, { shape, values: values.with(at, value + by) }));
        return (moved(1e-5) - moved(-1e-5)) / 2e-5;
      });
      expect(relativeError((gradient as Tensor).dataSync(), slopes)).toBeLessThan(1e-4);
    }
    tf.dispose([result as object, readout as object, ...parts.map((part) => part.hidden_NE)] as Tensor[]);
  });

  test('a loss without gradients gives the same losses and nothing else', () => {
    tf.tidy(() => {
      const { readout, parts } = setUp(problems[1]);
      const full = ops.linearLoss(readout, parts, { gradients: true });
      const bare = ops.linearLoss(readout, parts, { gradients: false });
      expect(bare.loss_N[0].dataSync()).toEqual(full.loss_N[0].dataSync());
      expect({ ...bare, loss_N: [] }).toEqual({ loss_N: [], dHidden_NE: [] });
    });
  });

  test('a frozen readout gets no gradient, and the hidden states the same bits', () => {
    tf.tidy(() => {
      for (const problem of problems) {
        const { readout, parts } = setUp(problem);
        const full = ops.linearLoss(readout, parts, { gradients: true });
        const { loss_N, dHidden_NE, ...others } = ops.linearLoss(readout, parts, {
          gradients: true,
          frozenReadout: true,
        });
        for (const i of parts.keys()) {
          expect(loss_N[i].dataSync()).toEqual(full.loss_N[i].dataSync());
          expect(dHidden_NE[i].dataSync()).toEqual(full.dHidden_NE[i].dataSync());
        }
        expect(others).toEqual({});
      }
    });
  });

  describe('in blocks of two rows', () => {
    const [N, E, V] = [7, 3, 500];
    const inBlocks = (readout: Readout, parts: LossPart[], gradients: boolean) =>
      linearLossInBlocks(kernels, readout, parts, { gradients, blockFloats: 2 * V + 7 });
    const make = () => ({
      readout: { weight_EV: tensorOf<Tensor2D>(randomArray([E, V], uniforms(1), (value) => value / 10)) },
      hidden: randomArray([N, E], uniforms(2)),
      targets: Int32Array.from([0, 499, -1, 7, 7, 250, 1]),
    });

    test('gives what each row alone gives', () => {
      tf.tidy(() => {
        const { readout, hidden, targets } = make();
        const whole = { hidden_NE: tensorOf<Tensor2D>(hidden), rows: ops.crossEntropyRows(targets), scale: 0.5 };
        const together = inBlocks(readout, [whole], true);
        const rows = Array.from({ length: N }, (_, row) => ({
          hidden_NE: tensorOf<Tensor2D>({ shape: [1, E], values: hidden.values.slice(row * E, (row + 1) * E) }),
          rows: ops.crossEntropyRows(targets.slice(row, row + 1)),
          scale: 0.5,
        }));
        const apart = ops.linearLoss(readout, rows, { gradients: true });
        expect(together.loss_N[0].dataSync()).toEqual(tf.concat([...apart.loss_N], 0).dataSync());
        expect(together.dHidden_NE[0].dataSync()).toEqual(tf.concat([...apart.dHidden_NE], 0).dataSync());
        const [a, b] = [together, apart].map(({ dWeight_EV }) => (dWeight_EV as Tensor).dataSync());
        expect(relativeError(a, b)).toBeLessThan(1e-5);
      });
    });

    test('large vocabularies get small blocks by default', () => {
      // 2^20 logits at a time: 4 rows of a vocabulary of 256k.
      const [rows, large] = [9, 1 << 18];
      const readout = { weight_EV: tf.zeros([1, large]) as Tensor2D };
      const seen: number[] = [];
      const part: LossPart = {
        hidden_NE: tf.zeros([rows, 1]),
        scale: 1,
        rows: (logits) => {
          seen.push(logits.shape[0]);
          return { loss_R: tf.zeros([logits.shape[0]]), dLogits_RV: logits };
        },
      };
      tf.dispose(ops.linearLoss(readout, [part], { gradients: false }) as object as Tensor[]);
      expect(seen).toEqual([4, 4, 1]);
      tf.dispose([readout.weight_EV, part.hidden_NE]);
    });

    // A promise of the kernel alone: its composite makes a tensor at every step.
    if (hasKernels) {
      test('never holds all logits, and frees everything', () => {
        const { readout, hidden, targets } = make();
        const part = { hidden_NE: tensorOf<Tensor2D>(hidden), rows: ops.crossEntropyRows(targets), scale: 1 };
        const before = engine.memory();
        engine.resetPeak();
        const result = inBlocks(readout, [part], false);
        // Logits, probabilities and gradient of two rows; all logits alone would take 7 V.
        expect(engine.memory().peakBytes - before.bytes).toBeLessThan(4 * 6.5 * V);
        tf.dispose(result as object as Tensor[]);
        expect(engine.memory()).toMatchObject({ numTensors: before.numTensors, bytes: before.bytes });
        tf.dispose([readout.weight_EV, part.hidden_NE]);
      });
    }
  });

  test('nothing leaks when a part’s loss throws in a later block', () => {
    const readout = { weight_EV: tf.ones([1, 9]) as Tensor2D, gain_E: tf.ones([1]) as Tensor1D };
    const hidden_NE = tf.ones([3, 1]) as Tensor2D;
    const calm = ops.crossEntropyRows(new Int32Array(3));
    const rows: RowLoss = (logits, first) => {
      if (first === 2) throw new Error('on purpose');
      return calm(logits, first);
    };
    const before = engine.memory();
    expect(() =>
      linearLossInBlocks(kernels, readout, [{ hidden_NE, rows, scale: 1 }], { gradients: true, blockFloats: 9 }),
    ).toThrow('on purpose');
    expect(engine.memory()).toMatchObject({ numTensors: before.numTensors, bytes: before.bytes });
    tf.dispose([readout.weight_EV, readout.gain_E, hidden_NE]);
  });

  test('equal logits cost ln V each, an ignored row nothing', () => {
    tf.tidy(() => {
      const { loss_R, dLogits_RV } = ops.crossEntropyRows(Int32Array.from([2, -1]))(tf.zeros([2, 4]), 0);
      expect(loss_R.dataSync()[0]).toBeCloseTo(Math.log(4), 6);
      expect([...loss_R.dataSync()].slice(1)).toEqual([0]);
      expect([...dLogits_RV.dataSync()]).toEqual([0.25, 0.25, -0.75, 0.25, 0, 0, 0, 0]);
    });
  });

  test('a target of probability 0 in float32 costs its distance in logits', () => {
    tf.tidy(() => {
      const logits = tf.tensor2d([200, -300, 0], [1, 3]);
      expect(
        ops
          .crossEntropyRows(Int32Array.from([1]))(logits, 0)
          .loss_R.dataSync()[0],
      ).toBe(500);
    });
  });

  test('targets that do not fit, wrong widths and an open tape are refused', () => {
    tf.tidy(() => {
      const mismatch = expect.objectContaining({ code: 'SHAPE_MISMATCH' });
      expect(() => ops.crossEntropyRows(Int32Array.from([4]))(tf.zeros([1, 4]), 0)).toThrow(mismatch);
      expect(() => ops.crossEntropyRows(Int32Array.from([1]))(tf.zeros([1, 4]), 1)).toThrow(mismatch);
      const readout = { weight_EV: tf.ones([3, 4]) as Tensor2D };
      const part = { hidden_NE: tf.ones([2, 2]) as Tensor2D, rows: ops.crossEntropyRows(new Int32Array(2)), scale: 1 };
      expect(() => ops.linearLoss(readout, [part], { gradients: true })).toThrow(mismatch);
      expect(() => ops.readoutLogits(part.hidden_NE, readout)).toThrow(mismatch);
      expect(() => engine.record(() => ops.linearLoss(readout, [], { gradients: true }))).toThrow(
        expect.objectContaining({ code: 'ENGINE_MISUSE' }),
      );
    });
  });
});
