import { beforeEach, describe, expect, test } from 'vitest';
import { type Array64, adamw, sumOfSquares } from '../reference/index.ts';
import { type Tensor, tf } from '../tensor.ts';
import { randomArray, relativeError, tensorOf, uniforms } from '../testing/judge.ts';
import { VARIANTS } from '../testing/variants.ts';

const rates = { learningRate: 0.01, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, gradientScale: 0.3 };

describe.each(VARIANTS)('on $title', async ({ open, hasKernels }) => {
  const engine = await open();
  const { ops, tidy } = engine;
  beforeEach(() => open());

  const makeSlot = (shape: number[], seed: number): Record<'weight' | 'gradient' | 'moment1' | 'moment2', Array64> => {
    const next = uniforms(seed);
    const random = (domain?: (value: number) => number) => randomArray(shape, next, domain);
    return { weight: random(), gradient: random(), moment1: random(), moment2: random(Math.abs) };
  };

  test.each([1, 2, 1000])('step %i of AdamW agrees with the float64 reference, whatever the shape', (step) => {
    tidy(() => {
      const slots = [[1], [3, 17], [2, 3, 5], [0]].map((shape, index) => makeSlot(shape, index));
      const tensors = slots.map(({ weight, gradient, moment1, moment2 }) => ({
        weight: tensorOf(weight),
        gradient: tensorOf(gradient),
        moment1: tensorOf(moment1),
        moment2: tensorOf(moment2),
      }));
      const moved = ops.adamw(tensors, { ...rates, step });
      for (const [index, { weight, gradient, moment1, moment2 }] of slots.entries()) {
        const expected = adamw(weight, gradient, moment1, moment2, { ...rates, step });
        for (const field of ['weight', 'moment1', 'moment2'] as const) {
          expect(moved[index][field].shape).toEqual(weight.shape);
          expect(relativeError(moved[index][field].dataSync(), expected[field].values)).toBeLessThan(1e-6);
        }
        expect([...tensors[index].gradient.dataSync()]).toEqual([...gradient.values]);
      }
    });
  });

  test('the first step from zero moments moves a weight by the learning rate against its gradient, then decays it', () => {
    tidy(() => {
      const [moment1, moment2] = [tf.zeros<tf.Rank>([2]), tf.zeros<tf.Rank>([2])];
      const slot = { weight: tf.tensor([10, 10]), gradient: tf.tensor([1e-3, -5]), moment1, moment2 };
      const [{ weight }] = ops.adamw([slot], { ...rates, gradientScale: 1, epsilon: 0, step: 1 });
      // 10 (1 - 0.01 * 0.1) -+ 0.01
      expect([...weight.dataSync()].map((value) => value.toFixed(5))).toEqual(['9.98000', '10.00000']);
    });
  });

  test('a gradient of another shape is refused', () => {
    tidy(() => {
      const [weight, other] = [tf.ones<tf.Rank>([2]), tf.ones<tf.Rank>([3])];
      const slot = { weight, gradient: other, moment1: weight, moment2: weight };
      const mismatch = expect.objectContaining({ code: 'SHAPE_MISMATCH' });
      expect(() => ops.adamw([slot], { ...rates, step: 1 })).toThrow(mismatch);
    });
  });

  test('the sum of squares runs over all tensors', () => {
    tidy(() => {
      const arrays = [[3, 17], [1], [0], [2, 2, 2]].map((shape, index) => randomArray(shape, uniforms(index)));
      const actual = ops.sumOfSquares(arrays.map((array) => tensorOf<Tensor>(array)));
      expect(actual.shape).toEqual([]);
      expect(relativeError(actual.dataSync(), [sumOfSquares(arrays)])).toBeLessThan(1e-6);
      expect(ops.sumOfSquares([]).dataSync()[0]).toBe(0);
    });
  });

  // Loops sum in float64; tfjs in float32.
  if (hasKernels) {
    test('a million small squares are not lost beside a large one', () => {
      tidy(() => {
        const values = new Float32Array(1_000_001).fill(1e-2);
        values[0] = 1e3;
        // In float32 each 1e-4 would vanish beside 1e6.
        expect(ops.sumOfSquares([tf.tensor(values)]).dataSync()[0]).toBe(Math.fround(1e6 + 100));
      });
    });
  }
});
