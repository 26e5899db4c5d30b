import { beforeEach, describe, expect, test } from 'vitest';
import { openEngine } from './open-engine.ts';
import type { Recording } from './recording.ts';
import { type Tensor, type Tensor2D, tf } from './tensor.ts';
import { PRESENT } from './testing/present.ts';

const hasCode = (code: string) => expect.objectContaining({ code });

describe.each(PRESENT)('on %s', async (name) => {
  const engine = await openEngine({ name });
  const { ops, record, memory } = engine;
  beforeEach(() => openEngine({ name }));

  const matrix = (values: number[], rows = 2) => tf.tensor2d(values, [rows, values.length / rows]);
  const valuesOf = (tensor: Tensor | undefined) => tensor && [...tensor.dataSync()];
  const ones = (like: Tensor) => tf.ones<tf.Rank>(like.shape);

  /** Runs a backward pass from ones and frees everything but the gradients' values. */
  function gradientsOf(forward: () => Tensor, wrt: readonly Tensor[]): (number[] | undefined)[] {
    const recording = record(forward);
    const seed = ones(recording.outputs);
    const gradients = recording.backward([{ at: recording.outputs, gradient: seed }], wrt);
    const values = gradients.map(valuesOf);
    tf.dispose([seed, ...gradients.filter((gradient) => gradient !== undefined)]);
    recording.dispose();
    return values;
  }

  test('a later backward pass gives the bits of tf.grads', () => {
    tf.tidy(() => {
      const x = matrix([0.1, -0.4, 2, 1, 0.3, -1]);
      const w = matrix([1, 2, 3, 4, 5, 6], 3) as Tensor2D;
      const f = (a: Tensor, b: Tensor) => ops.tanh(ops.linear(ops.silu(a), b as Tensor2D));
      const together = tf.grads((a, b) => f(a, b))([x, w]);
      expect(gradientsOf(() => f(x, w), [x, w])).toEqual(together.map(valuesOf));
    });
  });

  test('flows of a tensor that is used twice add up', () => {
    const x = matrix([1, 2, 3, 4]);
    // d(x^2 + 3x) = 2x + 3
    expect(gradientsOf(() => ops.add(ops.mul(x, x), ops.mul(x, 3)), [x])).toEqual([[5, 7, 9, 11]]);
    x.dispose();
  });

  test('an output that feeds another output gets both flows', () => {
    const x = matrix([1, 2, 3, 4]);
    const recording = record(() => {
      const first = ops.mul(x, 2);
      return { first, second: [ops.square(first)] };
    });
    const { first, second } = recording.outputs;
    const seed = ones(x);
    const flows = recording.backward(
      [first, ...second].map((at) => ({ at, gradient: seed })),
      [x, first],
    );
    // first = 2x: d first = 1 + 2 first = 1 + 4x, dx = 2 d first
    expect(flows.map(valuesOf)).toEqual([
      [10, 18, 26, 34],
      [5, 9, 13, 17],
    ]);
    tf.dispose([x, seed, ...(flows as Tensor[])]);
    recording.dispose();
  });

  test('two seeds at one tensor add up, and the caller keeps them', () => {
    const x = matrix([1, 2]);
    const recording = record(() => ops.mul(x, 5));
    const seed = ones(x.reshape([2, 1]));
    const [gradient] = recording.backward(
      [
        { at: recording.outputs, gradient: seed },
        { at: recording.outputs, gradient: seed },
      ],
      [x],
    );
    expect(valuesOf(gradient)).toEqual([10, 10]);
    expect(seed.isDisposed).toBe(false);
    recording.dispose();
  });

  test('a seed at a requested tensor comes back as a tensor of its own', () => {
    const x = matrix([1, 2]);
    const recording = record(() => ops.mul(x, 5));
    const seed = ones(recording.outputs);
    const [gradient] = recording.backward([{ at: recording.outputs, gradient: seed }], [recording.outputs]);
    seed.dispose();
    expect(valuesOf(gradient)).toEqual([1, 1]);
    recording.dispose();
  });

  test('a tensor that no flow reaches gets none, one with a zero flow gets zeros', () => {
    const [x, apart, cut] = [matrix([1, 2]), matrix([3, 4]), matrix([5, 6])];
    const forward = () => {
      ops.exp(apart);
      return ops.add(ops.mul(x, 0), ops.stopGradient(ops.exp(cut)));
    };
    expect(gradientsOf(forward, [x, apart, cut])).toEqual([[0, 0], undefined, undefined]);
    tf.dispose([x, apart, cut]);
  });

  test('a tf.Variable gets its gradient, through plain tfjs operations too', () => {
    const variable = tf.variable(matrix([1, 2, 3, 4]));
    const x = matrix([1, 1, 2, 2]);
    const forward = () => tf.sum(tf.mul(tf.square(variable), x)) as Tensor;
    expect(gradientsOf(forward, [variable, x])).toEqual([
      [2, 4, 12, 16],
      [1, 4, 9, 16],
    ]);
    tf.dispose([variable, x]);
  });

  test('two recordings, one seeding the other, give the bits of a single one', () => {
    tf.tidy(() => {
      const x = matrix([0.1, -0.4, 2, 1]);
      const trunk = (a: Tensor) => ops.tanh(ops.mul(a, 1.7));
      const head = (a: Tensor) => ops.softplus(ops.mul(a, a));
      const lower = record(() => trunk(x));
      const upper = record(() => head(lower.outputs));
      const seeds = [{ at: upper.outputs, gradient: ones(x) }];
      const [middle] = upper.backward(seeds, [lower.outputs]);
      const [gradient] = lower.backward([{ at: lower.outputs, gradient: middle as Tensor }], [x]);
      expect([valuesOf(gradient)]).toEqual(gradientsOf(() => head(trunk(x)), [x]));
      upper.dispose();
      lower.dispose();
    });
  });

  test('outputs survive a tidy scope around the recording', () => {
    const made: Recording<Tensor>[] = [];
    tf.tidy(() => {
      made.push(record(() => ops.mul(tf.ones([2, 2]) as Tensor, 3)));
    });
    const [recording] = made;
    expect(valuesOf(recording.outputs)).toEqual([3, 3, 3, 3]);
    recording.dispose();
  });

  test('an output that was not made in the recording stays its owner’s', () => {
    const x = matrix([1, 2]);
    const recording = record(() => [x, ops.neg(x)]);
    recording.dispose();
    expect([x.isDisposed, recording.outputs[1].isDisposed]).toEqual([false, true]);
    x.dispose();
  });

  describe('nothing leaks', () => {
    const deep = (x: Tensor) => {
      let y = x;
      for (let layer = 0; layer < 5; layer++) y = ops.tanh(ops.linear(y, tf.eye(2) as Tensor2D, { residual: y }));
      return y;
    };
    const runs: [string, (x: Tensor) => void][] = [
      ['after backward', (x) => gradientsOf(() => deep(x), [x])],
      ['without backward', (x) => record(() => deep(x)).dispose()],
      [
        'after a throw in forward',
        (x) =>
          expect(() =>
            record(() => {
              deep(x);
              throw new Error('on purpose');
            }),
          ).toThrow('on purpose'),
      ],
      [
        'after a throw in an op',
        (x) => expect(() => record(() => ops.rmsNorm(deep(x), tf.ones([3])))).toThrow(hasCode('SHAPE_MISMATCH')),
      ],
      [
        'after a flow through an operation without a gradient',
        (x) => {
          const recording = record(() => tf.mul(tf.reverse(tf.cumprod(deep(x))), 2) as Tensor);
          const seed = ones(x);
          expect(() => recording.backward([{ at: recording.outputs, gradient: seed }], [x])).toThrow();
          recording.dispose();
          seed.dispose();
        },
      ],
    ];
    test.each(runs)('%s', (_, run) => {
      const x = matrix([1, 2, 3, 4]);
      const before = memory();
      run(x);
      expect(memory()).toMatchObject({ numTensors: before.numTensors, bytes: before.bytes });
      x.dispose();
    });
  });

  test('a failed recording leaves the tape off', () => {
    expect(() => record(() => JSON.parse('{'))).toThrow();
    expect(gradientsOf(() => ops.neg(tf.ones([1])), [])).toEqual([]);
  });

  test('the backward pass frees what was saved and every passed gradient as it goes', () => {
    const x = tf.ones([1000]) as Tensor;
    const seen: number[] = [];
    // The first operation's gradient comes last and looks at the memory then.
    const watched = tf.customGrad((input) => ({
      value: tf.mul(input as Tensor, 1),
      gradFunc: (dy: Tensor) => {
        seen.push(memory().bytes);
        return dy.clone();
      },
    }));
    const before = memory().bytes;
    const recording = record(() => {
      let y: Tensor = watched(x);
      for (let layer = 0; layer < 40; layer++) y = ops.tanh(y);
      return y;
    });
    expect(memory().bytes - before).toBeGreaterThanOrEqual(40 * 4000);
    const seed = ones(x);
    engine.resetPeak();
    const { bytes } = memory();
    const gradients = recording.backward([{ at: recording.outputs, gradient: seed }], [x]);
    expect(memory().peakBytes - bytes).toBeLessThanOrEqual(5 * 4000);
    // The output, the seed, and the gradient in flight.
    expect(seen[0] - before).toBeLessThanOrEqual(4 * 4000);
    tf.dispose([x, seed, ...(gradients as Tensor[])]);
    recording.dispose();
  });

  test('recordings do not nest, and are walked back once', () => {
    const x = matrix([1, 2]);
    expect(() => record(() => record(() => x))).toThrow(hasCode('ENGINE_MISUSE'));
    const recording = record(() => ops.neg(x));
    const seed = ones(x);
    tf.dispose(recording.backward([{ at: recording.outputs, gradient: seed }], [x]) as Tensor[]);
    expect(() => recording.backward([], [x])).toThrow(hasCode('ENGINE_MISUSE'));
    recording.dispose();
    tf.dispose([x, seed]);
  });
});
