import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spreadWindows } from './held-out-windows.ts';

describe('spreadWindows', () => {
  it('takes the middles of equal parts', () => {
    expect(spreadWindows({ count: 10 }, 2)).toEqual([2, 7]);
    expect(spreadWindows({ count: 9 }, 3)).toEqual([1, 4, 7]);
  });

  it('takes every window once where there are no more than wanted', () => {
    expect(spreadWindows({ count: 3 }, 8)).toEqual([0, 1, 2]);
    expect(spreadWindows({ count: 0 }, 8)).toEqual([]);
  });

  it('gives distinct, ascending windows that exist', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 200 }), (count, wanted) => {
        const taken = spreadWindows({ count }, wanted);
        expect(taken.length).toBe(Math.min(count, wanted));
        expect(taken.every((index, i) => index >= 0 && index < count && (i === 0 || index > taken[i - 1]))).toBe(true);
      }),
    );
  });
});
