import { expect, test } from 'vitest';
import { growthOver } from './resident-memory.fixture.ts';

test('1,000 generations leave no tensor and less than a megabyte, however they end', async () => {
  const { tensors, megabytes } = await growthOver(1_000, { warmUp: 1_000 });
  expect(tensors).toBe(0);
  expect(megabytes).toBeLessThan(1);
});
