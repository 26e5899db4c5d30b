// N rows, V vocabulary.
import { beforeEach, describe, expect, test } from 'vitest';
import { type Tensor2D, tf } from '../tensor.ts';
import { randomArray, tensorOf, uniforms } from '../testing/judge.ts';
import { VARIANTS } from '../testing/variants.ts';

describe.each(VARIANTS)('on $title', async ({ open }) => {
  const engine = await open();
  const { ops, tidy } = engine;
  beforeEach(() => open());

  test('topK gives the largest values best first, the lowest index first in a tie', () => {
    tidy(() => {
      const x = tf.tensor2d([3, 9, 9, -1, 5, 5, 5, 5], [2, 4]);
      const { values, indices } = ops.topK(x, 3);
      expect([...values.dataSync()]).toEqual([9, 9, 3, 5, 5, 5]);
      expect([...indices.dataSync()]).toEqual([1, 2, 0, 0, 1, 2]);
      expect([values.shape, indices.dtype]).toEqual([[2, 3], 'int32']);
    });
  });

  test('topK of nothing is nothing; more than there is is refused', () => {
    tidy(() => {
      expect(ops.topK(tf.zeros([0, 4]), 2).indices.shape).toEqual([0, 2]);
      expect(ops.topK(tf.zeros([2, 4]), 0).values.shape).toEqual([2, 0]);
      const mismatch = expect.objectContaining({ code: 'SHAPE_MISMATCH' });
      expect(() => ops.topK(tf.zeros([2, 4]), 5)).toThrow(mismatch);
    });
  });

  test.each([0.5, 1, 2])('a sample at temperature %d is the id that its number falls on', (temperature) => {
    tidy(() => {
      const [N, V] = [40, 17];
      const next = uniforms(3);
      const logits = randomArray([N, V], next);
      const numbers = Array.from({ length: N }, next);
      const expected = numbers.map((number, row) => {
        const weights = [...logits.values.slice(row * V, (row + 1) * V)].map((logit) => Math.exp(logit / temperature));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        let reached = 0;
        return weights.findIndex((weight) => {
          reached += weight / total;
          return reached > number;
        });
      });
      const drawn = ops.sample(tensorOf<Tensor2D>(logits), numbers, temperature);
      expect([...drawn.dataSync()]).toEqual(expected);
      expect([drawn.shape, drawn.dtype]).toEqual([[N], 'int32']);
    });
  });

  test('an impossible id is never drawn, at either end', () => {
    tidy(() => {
      const logits = tf.tensor2d([-1e30, 0, 0, -1e30, -1e30, 0, 0, -1e30], [2, 4]);
      expect([...ops.sample(logits, [0, 0.9999]).dataSync()]).toEqual([1, 2]);
    });
  });

  test('numbers outside [0, 1), a temperature of 0 and a missing number are refused', () => {
    tidy(() => {
      const logits = tf.zeros([2, 4]) as Tensor2D;
      const misuse = expect.objectContaining({ code: 'ENGINE_MISUSE' });
      expect(() => ops.sample(logits, [0, 1])).toThrow(misuse);
      expect(() => ops.sample(logits, [0, Number.NaN])).toThrow(misuse);
      expect(() => ops.sample(logits, [0, 0], 0)).toThrow(misuse);
      expect(() => ops.sample(logits, [0])).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
    });
  });
});
