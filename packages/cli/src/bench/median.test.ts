import { expect, it } from 'vitest';
import { median } from './median.ts';

it('the median is the middle value, or the mean of the middle two, whatever the order', () => {
  expect([median([5]), median([9, 1, 5]), median([4, 1, 3, 2])]).toEqual([5, 5, 2.5]);
});
