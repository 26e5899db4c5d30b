import type { Host } from '@foretoken/core';
import { expect, it } from 'vitest';
import { planOf } from '../plan/planning.fixture.ts';
import { createFakeLaboratory } from '../run/laboratory.fixture.ts';
import { runAblation } from '../run/run-ablation.ts';

const base = 'data: { dataset: { name: text-files, root: . } }\ntraining: { steps: 2, validateEvery: 1 }';
const host = { clock: () => 0 } as unknown as Host;

/** A laboratory that reads these contents. */
function reading(contentHash: string) {
  const fake = createFakeLaboratory();
  const train: typeof fake.train = async (experiment, options) => {
    const facts = await fake.train(experiment, options);
    return { ...facts, data: { ...facts.data, contentHash } };
  };
  return { ...fake, train };
}

it('data that was edited while a matrix grew is said, and its results are not put together', async () => {
  const plan = await planOf('seeds: [0]', { base });
  await runAblation(plan, { host, laboratory: reading('before') });
  const grown = { ...(await planOf('seeds: [0, 1]', { base })), directory: plan.directory };
  await expect(runAblation(grown, { host, laboratory: reading('after') })).rejects.toThrow(
    /^DATA_CHANGED: .*\(before\) and [0-9a-f]{24} \(after\).*Restore the data/,
  );
  const again = { ...(await planOf('seeds: [0, 2]', { base })), directory: plan.directory };
  await expect(runAblation(again, { host, laboratory: reading('before') })).resolves.toMatchObject({ failedCells: 0 });
});

it('arms that were told to read other data may have other contents', async () => {
  const axes = 'axes: { data.dataset.root: [one, two] }';
  const plan = await planOf(axes, { base });
  let count = 0;
  const laboratory = createFakeLaboratory();
  const train: typeof laboratory.train = async (...call) => {
    const facts = await laboratory.train(...call);
    count += 1;
    return { ...facts, data: { ...facts.data, contentHash: `contents ${count}` } };
  };
  await expect(runAblation(plan, { host, laboratory: { ...laboratory, train } })).resolves.toMatchObject({
    failedCells: 0,
  });
  expect(count).toBe(2);
});
