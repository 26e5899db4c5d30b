import { describe, expect, test } from 'vitest';
import { ACCEPTANCES, COSTS, compare, MACHINES } from './regimes.fixture.ts';

/** The policy's constants were chosen by the texts and clocks of seed 7; none was by these. */
const HELD_OUT_SEED = 11;

describe.each(Object.keys(COSTS))('%s', (cost) => {
  const ratios: number[] = [];

  test.each(Object.keys(ACCEPTANCES))(
    'kept %s: never below four fifths of the best fixed number',
    async (acceptance) => {
      for (const machine of Object.values(MACHINES)) {
        for (const rows of [1, 4, 16, 42]) {
          const world = { ...COSTS[cost], shares: ACCEPTANCES[acceptance], ...machine };
          const { ratio } = await compare(world, rows, rows > 4 ? 2000 : 8000, HELD_OUT_SEED);
          expect(ratio, `${JSON.stringify(machine)}, batch ${rows}`).toBeGreaterThan(0.8);
          ratios.push(ratio);
        }
      }
    },
  );

  test('within five in a hundred in nine worlds of ten, within two in the middle one', () => {
    const sorted = ratios.toSorted((a, b) => a - b);
    expect(sorted).toHaveLength(120);
    expect(sorted[12]).toBeGreaterThan(0.95);
    expect(sorted[60]).toBeGreaterThan(0.98);
  });
});
