import { describe, expect, it } from 'vitest';
import { ERRORS, failAtEveryCall, failFromEveryCallOn } from './disk-errors.fixture.ts';
import { ROTATION, WRITERS } from './writers.fixture.ts';

describe.each(Object.entries(WRITERS))('a disk that fails under %s', (name, writer) => {
  // All six meet the rotation in the slow tests.
  it.each(name === ROTATION ? ERRORS.slice(1, 3) : ERRORS)(
    'once, by %s at any call: said, nothing lost, nothing left behind',
    async (errno) => {
      const { numCalls, numRefused } = await failAtEveryCall(writer, errno);
      // Looking at older checkpoints may fail without harm.
      expect(numRefused).toBeGreaterThan(numCalls / 3);
    },
  );

  it('from any call on until there is space again: goes on as if nothing had been', async () => {
    await failFromEveryCallOn(writer);
  });
});
