import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Host } from '@foretoken/core';
import { expect, it } from 'vitest';
import { folderWith, planningHost, planOf } from '../plan/planning.fixture.ts';
import { createFakeLaboratory } from '../run/laboratory.fixture.ts';
import { createLaboratory } from '../run/laboratory.ts';
import { runAblation } from '../run/run-ablation.ts';

const base = 'data: { dataset: { name: text-files, root: . } }\ntraining: { steps: 2, validateEvery: 1 }';

/** A plan, the folder of the heads that it was made with, and the host that made it. */
async function planned() {
  const heads = await folderWith({ 'package.json': '{}', 'head.js': '1' });
  const host = { ...planningHost({ directories: { '@foretoken/heads': heads } }), clock: () => 0 } as unknown as Host;
  return { plan: await planOf('', { base, host }), heads, host };
}

it('a process that loads the code of the plan may work on it, whatever is edited later', async () => {
  const { plan, heads, host } = await planned();
  const { checkCode } = createLaboratory(host);
  await checkCode!(plan.cells[0], plan.baseDirectory);
  await writeFile(path.join(heads, 'head.js'), '2');
  await expect(checkCode!(plan.cells[0], plan.baseDirectory)).resolves.toBeUndefined();
});

it('a process that starts after code was edited does nothing under the name of the old', async () => {
  const { plan, heads, host } = await planned();
  await writeFile(path.join(heads, 'head.js'), '2');
  const fake = createFakeLaboratory();
  const laboratory = { ...fake, checkCode: createLaboratory(host).checkCode };
  const { failedCells, results } = await runAblation(plan, { host, laboratory });
  expect([failedCells, fake.calls]).toEqual([1, []]);
  expect(results.arms[0].cells[0]).toMatchObject({
    status: 'failed',
    error: {
      code: 'PLAN_STALE',
      message: expect.stringContaining('@foretoken/heads (same version, other contents). Start the same command again'),
    },
  });
  expect(await readdir(path.join(plan.directory, 'cells', plan.cells[0].id))).toEqual(['failure.json']);
});
