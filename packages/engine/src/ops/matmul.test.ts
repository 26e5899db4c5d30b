import { describe, expect, test } from 'vitest';
import { type Tensor2D, tf } from '../tensor.ts';
import { VARIANTS } from '../testing/variants.ts';

describe.each(VARIANTS)('on $title', async ({ open }) => {
  const { ops, tidy } = await open();

  test('one buffer under two shapes multiplies by the shape that it has now', async () => {
    await open();
    const values = tidy(() => {
      const weight = ops.constant<Tensor2D>([1, 2, 3, 4, 5, 6], [2, 3]);
      const wide = ops.matmul(tf.ones([1, 2]), weight);
      const tall = ops.matmul(tf.ones([1, 3]), ops.reshape<Tensor2D>(weight, [3, 2]));
      return [...wide.dataSync(), ...tall.dataSync(), ...ops.matmul(tf.ones([1, 2]), weight).dataSync()];
    });
    expect(values).toEqual([5, 7, 9, 9, 12, 5, 7, 9]);
  });
});
