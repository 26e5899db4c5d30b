import { expect, test } from 'vitest';
import { ACCEPTANCES, COSTS, compare, MACHINES } from './regimes.fixture.ts';

/** A share of the slow suite's, with the best number of levels from none to all. */
const REGIMES: readonly (readonly [cost: string, acceptance: string, machine: string, rows: number])[] = [
  ['eight offsets', '.60', 'apart', 1],
  ['eight offsets', '.60', 'noisy', 42],
  ['cheap levels', 'from .20 to .95 and back', 'shared', 1],
  ['cheap levels', '.95', 'noisy', 1],
];

test.each(REGIMES)(
  '%s, kept %s, %s, batch %i: it is within five in a hundred of the best fixed number',
  async (...regime) => {
    const [cost, acceptance, machine, rows] = regime;
    const world = { ...COSTS[cost], shares: ACCEPTANCES[acceptance], ...MACHINES[machine] };
    const { fixed, ratio } = await compare(world, rows, rows > 4 ? 500 : 4000);
    expect(ratio).toBeGreaterThan(0.95);
    // Not for want of a difference.
    expect(Math.min(...fixed) / Math.max(...fixed)).toBeLessThan(0.9);
  },
);

test('the best number goes from none to all', async () => {
  const best = await Promise.all(
    (['.20', '.60', '.95'] as const).map(async (kept) => {
      const world = {
        ...COSTS['cheap levels'],
        shares: ACCEPTANCES[kept],
        ms: (_: number, levels: number) => 1 + 0.3 * levels,
      };
      return (await compare(world, 1, 400)).best;
    }),
  );
  expect(best[0]).toBe(0);
  expect(best[1]).toBeGreaterThan(0);
  expect(best[2]).toBe(7);
});
