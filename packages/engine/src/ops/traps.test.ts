// Values worked out by hand, at the places where tfjs or a naive formula goes wrong.
import { beforeEach, describe, expect, test } from 'vitest';
import { chainNodes } from '../nodes.ts';
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, tf } from '../tensor.ts';
import { VARIANTS } from '../testing/variants.ts';

describe.each(VARIANTS)('on $title', async ({ open }) => {
  const engine = await open();
  const { ops, tidy, record } = engine;
  beforeEach(() => open());

  const valuesOf = (tensor: Tensor) => [...tensor.dataSync()];

  /** Gradients of the sum of weights times an output. */
  function gradients(forward: () => Tensor, wrt: readonly Tensor[], weights?: number[]): number[][] {
    const recording = record(forward);
    const { shape, size } = recording.outputs;
    const seed = tf.tensor(weights ?? new Array<number>(size).fill(1), shape);
    const flows = recording.backward([{ at: recording.outputs, gradient: seed }], wrt) as Tensor[];
    const values = flows.map(valuesOf);
    tf.dispose([seed, ...flows]);
    recording.dispose();
    return values;
  }

  test('repeated token ids add their gradients up, absent ones get zero', () => {
    tidy(() => {
      const table = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]);
      const ids = tf.tensor2d([3, 0, 3, 3], [2, 2], 'int32');
      const rows = ops.embed(ids, table);
      expect([rows.shape, valuesOf(rows)]).toEqual([
        [2, 2, 2],
        [7, 8, 1, 2, 7, 8, 7, 8],
      ]);
      const flow = [1, 10, 2, 20, 4, 40, 8, 80];
      expect(gradients(() => ops.embed(ids, table), [table], flow)).toEqual([[2, 20, 0, 0, 0, 0, 13, 130]]);
    });
  });

  test('repeated rows add their gradients up', () => {
    tidy(() => {
      const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
      expect(gradients(() => ops.gatherRows(x, [1, 1, 0, 1]), [x], [1, 2, 10, 20, 5, 6, 100, 200])).toEqual([
        [5, 6, 111, 222],
      ]);
    });
  });

  test('where takes the side that the flag names, and its gradient goes nowhere else', () => {
    tidy(() => {
      const flags = tf.tensor1d([0, 2, -1, 0], 'int32');
      const [a, b] = [tf.tensor1d([1, 2, 3, 4]), tf.tensor1d([10, 20, Number.NaN, 40])];
      expect(valuesOf(ops.where(flags, a, b))).toEqual([10, 2, 3, 40]);
      expect(gradients(() => ops.where(flags, a, b), [a, b], [1, 2, 3, 4])).toEqual([
        [0, 2, 3, 0],
        [1, 0, 0, 4],
      ]);
    });
  });

  test('a tie for the maximum shares the gradient equally', () => {
    tidy(() => {
      const x = tf.tensor2d([1, 5, 5, 2, 2, 2], [2, 3]);
      const third = Math.fround(Math.fround(3) / 3);
      expect(gradients(() => ops.max(x, 1), [x], [8, 3])).toEqual([[0, 4, 4, third, third, third]]);
      const [a, b] = [tf.tensor1d([1, 2, 3]), tf.tensor1d([2, 2, 2])];
      expect(gradients(() => ops.maximum(a, b), [a, b])).toEqual([
        [0, 0.5, 1],
        [1, 0.5, 0],
      ]);
      expect(gradients(() => ops.minimum(a, b), [a, b])).toEqual([
        [1, 0.5, 0],
        [0, 0.5, 1],
      ]);
    });
  });

  test('argmax gives the lowest index of a tie, as int32', () => {
    tidy(() => {
      const best = ops.argmax(tf.tensor2d([3, 7, 7, -1, -1, -1], [2, 3]));
      expect([best.dtype, valuesOf(best)]).toEqual(['int32', [1, 0]]);
    });
  });

  test('softplus and its slope stay finite and exact at the extremes', () => {
    tidy(() => {
      const x = tf.tensor1d([-1e4, -100, 0, 100, 1e4]);
      const [lowest, low, middle, high, highest] = valuesOf(ops.softplus(x));
      expect([lowest, high, highest]).toEqual([0, 100, 1e4]);
      expect(low).toBeLessThan(1e-40);
      expect(middle).toBeCloseTo(Math.log(2), 6);
      const [slopes] = gradients(() => ops.softplus(x), [x]);
      expect(slopes.map((slope) => slope.toFixed(6))).toEqual([
        '0.000000',
        '0.000000',
        '0.500000',
        '1.000000',
        '1.000000',
      ]);
    });
  });

  test('large logits neither overflow nor turn into NaN', () => {
    tidy(() => {
      const x = tf.tensor2d([1000, 1000, -1000], [1, 3]);
      expect(valuesOf(ops.softmax(x))).toEqual([0.5, 0.5, 0]);
      expect(valuesOf(ops.logSumExp(x, 1))[0]).toBeCloseTo(1000 + Math.log(2), 3);
      expect(valuesOf(ops.logSoftmax(x))[2]).toBeCloseTo(-2000 - Math.log(2), 3);
    });
  });

  test('products of batches are right where tfjs’ own are not', () => {
    tidy(() => {
      const [a, b] = [tf.tensor([2, 3], [2, 1, 1, 1]), tf.tensor([1, 2, 3, 4], [2, 1, 1, 2])];
      expect(valuesOf(ops.matmul(a, b))).toEqual([2, 4, 9, 12]);
      expect(() => ops.matmul(a, tf.ones([1, 3, 1, 1]))).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
    });
  });

  test('a constant does not follow its array, and inputs are never written to', () => {
    tidy(() => {
      const array = Float32Array.from([1, 2, 3, 4]);
      const x = ops.constant<Tensor2D>(array, [2, 2]);
      const numbers = Int32Array.from([5, 6]);
      const whole = ops.constant(numbers, [2]);
      array.fill(9);
      numbers.fill(9);
      ops.add(ops.exp(ops.rmsNorm(x, tf.ones([2]))), ops.transpose(x));
      expect(valuesOf(x)).toEqual([1, 2, 3, 4]);
      expect(valuesOf(whole)).toEqual([5, 6]);
    });
  });

  test('no gradient flows through stopGradient', () => {
    tidy(() => {
      const x = tf.tensor1d([2, 3]);
      expect(gradients(() => ops.mul(ops.stopGradient(x), x), [x])).toEqual([[2, 3]]);
    });
  });

  test('constants have the shape and values asked for', () => {
    tidy(() => {
      expect(valuesOf(ops.zeros([2]))).toEqual([0, 0]);
      expect(valuesOf(ops.ones([2]))).toEqual([1, 1]);
      expect(valuesOf(ops.full([1, 2], 2.5))).toEqual([2.5, 2.5]);
      expect(ops.constant(Int32Array.from([1]), [1]).dtype).toBe('int32');
      expect(ops.constant([1.5], []).shape).toEqual([]);
    });
  });

  test('a packed first token sees itself alone: attention returns its value', () => {
    tidy(() => {
      const at = chainNodes(1, 3, { document_BT: [0, 1, 1] });
      const x = tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 3, 1, 2]);
      const out = valuesOf(ops.attention(x, x, x, at, engine.noKeyValues));
      expect(out.slice(0, 4)).toEqual([1, 2, 3, 4]);
      at.dispose();
    });
  });

  test('no rows are a batch too: empty in, empty out, and zero gradients for the weights', () => {
    const at = chainNodes(0, 3);
    const none = tf.zeros<tf.Rank>([0, 3, 4]);
    const weight = tf.ones<tf.Rank>([4, 4]) as Tensor2D;
    const gain = tf.ones<tf.Rank>([4]) as Tensor1D;
    const forward = () => {
      const x = ops.embed(tf.zeros([0, 3], 'int32'), weight);
      const heads = ops.reshape<Tensor4D>(ops.linear(ops.rmsNorm(ops.add(x, none), gain), weight), [0, 3, 2, 2]);
      const turned = ops.rotary(heads, at);
      const mixed = ops.reshape<Tensor>(ops.attention(turned, turned, heads, at, engine.noKeyValues), [0, 3, 4]);
      const mlp = { gate_DF: weight, up_DF: weight, down_FD: weight };
      return ops.softmax(
        ops.gatedMlp(ops.linear(mixed, weight, { bias_O: gain, residual: mixed }), mlp, { residual: mixed }),
      );
    };
    expect(tidy(forward).shape).toEqual([0, 3, 4]);
    expect(gradients(forward, [weight, gain])).toEqual([new Array(16).fill(0), new Array(4).fill(0)]);
    tf.dispose([none, weight, gain]);
    at.dispose();
  });

  describe('shapes that do not fit are refused with a sentence', () => {
    const at = chainNodes(1, 2);
    const t = <T extends Tensor>(...shape: number[]): T => tf.ones<tf.Rank>(shape) as T;
    const kv = engine.noKeyValues;
    const calls: [string, RegExp, () => unknown][] = [
      ['linear', /x \[2,3\] and weight \[4,5\]/, () => ops.linear(t(2, 3), t(4, 5))],
      ['linear’s bias', /a bias \[5\].*\[4\]/, () => ops.linear(t(2, 3), t(3, 5), { bias_O: t(4) })],
      ['linear’s residual', /\[2,5\].*\[2,3\]/, () => ops.linear(t(2, 3), t(3, 5), { residual: t(2, 3) })],
      ['rmsNorm', /x \[2,3\] and gain \[2\]/, () => ops.rmsNorm(t(2, 3), t(2))],
      ['gatedMlp', /up \[3,4\]/, () => ops.gatedMlp(t(2, 3), { gate_DF: t(3, 5), up_DF: t(3, 4), down_FD: t(5, 3) })],
      ['rotary with odd width', /d even/, () => ops.rotary(t(1, 2, 1, 3), at)],
      ['rotary over other nodes', /1 x 2 nodes/, () => ops.rotary(t(1, 3, 1, 2), at)],
      ['attention', /H a multiple of G/, () => ops.attention(t(1, 2, 3, 2), t(1, 2, 2, 2), t(1, 2, 2, 2), at, kv)],
      [
        'attention over other nodes',
        /1 x 2 nodes/,
        () => ops.attention(t(1, 3, 1, 2), t(1, 3, 1, 2), t(1, 3, 1, 2), at, kv),
      ],
      ['embed', /int32 tokens/, () => ops.embed(t(1, 2), t(3, 4))],
      ['matmul', /\[2,3\] and \[2,3\]/, () => ops.matmul(t(2, 3), t(2, 3))],
      ['matmul of other batches', /equal leading axes/, () => ops.matmul(t(2, 1, 3), t(3, 3, 1))],
      ['reshape', /a shape for 6 values, got \[4,2\]/, () => ops.reshape(t(2, 3), [4, 2])],
      ['transpose', /permutation/, () => ops.transpose(t(2, 3), [0, 0])],
      ['concat', /axis 0 alone/, () => ops.concat([t(2, 3), t(2, 4)], 0)],
      ['stack of ids', /parts that differ/, () => ops.stack([tf.zeros([2], 'int32'), tf.zeros([3], 'int32')])],
      ['slice', /inside \[2,3\]/, () => ops.slice(t(2, 3), [1, 0], [2, 3])],
      ['split', /add up to 3/, () => ops.split(t(2, 3), [1, 1], 1)],
      ['split in parts that are not whole', /add up to 3/, () => ops.split(t(2, 3), 2, 1)],
      ['gatherRows', /rows in \[0, 2\).*2 at index 1/, () => ops.gatherRows(t(2, 3), [0, 2])],
      ['constant', /6 values.*5/, () => ops.constant([1, 2, 3, 4, 5], [2, 3])],
      ['constant', /whole lengths >= 0.*\[-2,-1\]/, () => ops.constant([1, 2], [-2, -1])],
      ['constant', /whole lengths >= 0.*\[0.5,4\]/, () => ops.constant([1, 2], [0.5, 4])],
    ];
    test.each(calls)('%s', (_, sentence, call) => {
      tidy(() => {
        expect(call).toThrow(
          expect.objectContaining({ code: 'SHAPE_MISMATCH', message: expect.stringMatching(sentence) }),
        );
      });
    });

    test('a token outside the table', () => {
      tidy(() => {
        const ids = tf.tensor2d([0, 3], [1, 2], 'int32');
        expect(() => ops.embed(ids, t(3, 4))).toThrow(expect.objectContaining({ code: 'TOKEN_UNKNOWN' }));
      });
    });
  });
});
