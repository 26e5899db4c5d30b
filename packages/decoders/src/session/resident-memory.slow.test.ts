import { expect, test } from 'vitest';
import { growthOver } from './resident-memory.fixture.ts';

// Resident memory is the system's to tell, and not the same twice: no test of the quick suite rests on it. It grows by whole
// pages, large ones of two megabytes among them, once for many generations, and by one or two megabytes while the rarer
// branches are compiled, which lasts for some thousand generations; a leak grows in every look.
test('1,000 generations leave no tensor and less than a megabyte, however they end', async () => {
  const { tensors, megabytes } = await growthOver(1_000, { warmUp: 2_000, looks: 6 });
  expect(tensors).toBe(0);
  expect(megabytes).toBeLessThan(1);
});

test('few generations leave no more, in the best of three looks', async () => {
  const { tensors, megabytes } = await growthOver(90, { warmUp: 180, looks: 3 });
  expect(tensors).toBe(0);
  expect(megabytes).toBeLessThan(1);
});

test('sessions that are left open are seen in both', async () => {
  // One holds 20 kilobytes: as many as make ten times what the collector moves about between two looks.
  const { tensors, megabytes } = await growthOver(500, { warmUp: 180, looks: 2, isDisposed: false });
  expect(tensors).toBeGreaterThan(500);
  expect(megabytes).toBeGreaterThan(5);
});
