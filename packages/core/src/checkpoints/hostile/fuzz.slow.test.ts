import fc from 'fast-check';
import { it } from 'vitest';
import { TARGETS } from './fuzz.fixture.ts';

it.each(Object.entries(TARGETS))(
  '%s: what is wrong is refused, what is right is read, many times',
  async (_, target) => {
    await fc.assert(target as fc.IAsyncProperty<unknown>, { numRuns: 10_000 });
  },
);
