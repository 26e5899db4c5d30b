// B rows, T positions, D width.
import type { Seen } from '@foretoken/core/plugin';
import { type Engine, openEngine, tf } from '@foretoken/engine';
import { beforeAll, expect, test } from 'vitest';
import { registerObjective } from './objective.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});

/** One window of the tokens 1, 2, 3 with 4 behind it, and a step with `others` more next-token targets. */
function seenOf(next: readonly number[], others: number): Seen {
  return {
    trunk: () => tf.tensor3d([10, 20, 30, 40, 50, 60], [1, 6, 1]),
    target: () => Int32Array.from(next),
    validTargets: () => next.filter((token) => token >= 0).length + others,
    readout: () => ({ weight_EV: tf.zeros([1, 5]) }),
  } as unknown as Seen;
}

test('registers are scored where their target is known, and their batch counts by its share of the step', () => {
  engine.tidy(() => {
    const made = registerObjective(engine.ops, seenOf([2, 3, 4], 3), Int32Array.of(2), 1);
    expect(Array.from(made.hidden_NE.dataSync())).toEqual([40, 50, 60]);
    // Two tokens ahead: 3 and 4 are known, the one after 4 is not. Two targets, in a batch that is half of the step.
    const { loss_R } = made.rows(tf.tensor2d([5, 0, 0, 0, 0, 5, 0, 0, 0, 0, 5, 0, 0, 0, 0], [3, 5]), 0);
    const each = Math.log(Math.exp(5) + 4);
    for (const [i, loss] of loss_R.dataSync().entries()) expect(loss).toBeCloseTo([each, each, 0][i], 5);
    expect(made.validRows).toBe(4);
  });
});

test('a batch in which no register has a target counts no rows', () => {
  engine.tidy(() => {
    expect(registerObjective(engine.ops, seenOf([2, 3, 4], 3), Int32Array.of(4), 1).validRows).toBe(0);
    expect(registerObjective(engine.ops, seenOf([-1, -1, -1], 0), Int32Array.of(1), 1).validRows).toBe(0);
  });
});
