import { expect, test } from 'vitest';
import { growthOver } from './resident-memory.fixture.ts';

test('generations leave no tensor and less than a megabyte, however they end', async () => {
  const { tensors, megabytes } = await growthOver(90, { warmUp: 180, looks: 3 });
  expect(tensors).toBe(0);
  expect(megabytes).toBeLessThan(1);
}, 60_000);

test('sessions that are left open are seen in both', async () => {
  const { tensors, megabytes } = await growthOver(90, { warmUp: 90, looks: 2, isDisposed: false });
  expect(tensors).toBeGreaterThan(90);
  expect(megabytes).toBeGreaterThan(1);
}, 60_000);
