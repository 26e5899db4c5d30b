// R rows, V vocabulary.
import { openEngine, tf } from '@foretoken/engine';
import { expect, test } from 'vitest';
import { orderRows } from './order-rows.ts';

/** One row per list of tokens ahead. */
const textOf = (...rows: number[][]) => ({
  count: (n: number) => rows[n].length,
  token: (n: number, distance: number) => rows[n][distance - 1],
});

test('a token is ranked by its next occurrence within the window; a row with none ahead is ignored', async () => {
  const engine = await openEngine({ name: 'cpu' });
  // Over 4 equally likely tokens the loss is log 4 and its gradient 1/4 - q.
  const text = textOf([1, 3, 3, 1, 0], [], [2]);
  const before = engine.memory().numTensors;
  const [loss, gradient] = engine.tidy(() => {
    const { loss_R, dLogits_RV } = orderRows(engine.ops, text, 3)(tf.zeros([3, 4]), 0);
    return [Array.from(loss_R.dataSync()), Array.from(dLogits_RV.dataSync())];
  });
  expect(engine.memory().numTensors).toBe(before);
  // Scores 2 for token 1 and 1 for token 3: q = e / (e + 1) and 1 / (e + 1). Token 0 lies beyond the window.
  const q = Math.E / (Math.E + 1);
  const expected = [0.25, 0.25 - q, 0.25, 0.25 - (1 - q), 0, 0, 0, 0, 0.25, 0.25, -0.75, 0.25];
  for (const [i, value] of gradient.entries()) expect(value).toBeCloseTo(expected[i], 6);
  for (const [r, value] of loss.entries()) expect(value).toBeCloseTo(r === 1 ? 0 : Math.log(4), 6);
});

test('a block of rows is the same as those rows of the whole', async () => {
  const engine = await openEngine({ name: 'cpu' });
  const text = textOf([1, 3], [2, 2, 0], [3]);
  const values = [0.3, -1, 2, 0.5, 1, 1, -2, 0, 0.1, 0.2, 0.3, 0.4];
  const run = (first: number, count: number) =>
    engine.tidy(() => {
      const logits_RV = tf.tensor2d(values.slice(4 * first, 4 * (first + count)), [count, 4]);
      return Array.from(orderRows(engine.ops, text, 8)(logits_RV, first).dLogits_RV.dataSync());
    });
  expect([...run(0, 1), ...run(1, 2)]).toEqual(run(0, 3));
});
