import { expect, test } from 'vitest';
import { JoiningCost } from './joining-cost.ts';

test('rows that join cost a step what they cost on average, by levels and by how many tokens a row has', () => {
  const joining = new JoiningCost();
  expect(joining.perStep(3, 2)).toBe(0);
  // A row in every fifty tokens; each level reads its prompt in .1 s.
  for (let row = 0; row < 40; row++) {
    joining.observe(2, 1, 2, 0.2);
    for (let step = 0; step < 24; step++) joining.observe(2, 0, 2, 0);
  }
  expect(joining.perStep(1, 2)).toBeCloseTo((0.1 * 2) / 50, 3);
  expect(joining.perStep(3, 2)).toBeCloseTo((0.3 * 2) / 50, 3);
  expect(joining.perStep(0, 2)).toBe(0);
});
