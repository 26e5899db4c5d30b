import fc from 'fast-check';
import { expect, test } from 'vitest';
import { largestValues } from './largest.ts';

test('it gives what sorting all of them would give first', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 })), fc.integer({ min: 1, max: 5 }), (values, count) => {
      expect(largestValues(values, count)).toEqual([...values].sort((a, b) => b - a).slice(0, count));
    }),
  );
});
