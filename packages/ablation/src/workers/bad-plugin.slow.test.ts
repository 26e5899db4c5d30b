import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createForetokenHost } from '../host.ts';
import { planAblation } from '../plan/plan-ablation.ts';
import { folderOfText } from '../plan/planning.fixture.ts';
import { dig } from '../results/results.ts';
import { runAblation } from '../run/run-ablation.ts';

const ablation = `
formatVersion: 1
name: bad
output: out
base:
  plugins: [./mischief]
  data: { dataset: { name: text-files, include: ["text/*.ts"] }, context: 32 }
  model: { trunk: { name: transformer, width: 16, layers: 3, attentionHeads: 2 }, head: { name: parallel, horizon: 2 } }
  training: { steps: 4, batch: 2, validationWindows: 2 }
arms:
  - { name: good, set: { evals: [{ name: bits-per-byte, windows: 2 }] } }
  - { name: exits, set: { evals: [{ name: bits-per-byte, windows: 2 }, { name: mischief, how: exit }] } }
  - { name: hangs, set: { evals: [{ name: bits-per-byte, windows: 2 }, { name: mischief, how: hang }] } }
  - { name: spins, set: { evals: [{ name: bits-per-byte, windows: 2 }, { name: mischief, how: spin }] } }
  - { name: honest, set: { evals: [{ name: bits-per-byte, windows: 2 }, { name: mischief, how: none }] } }
`;

const plugin = `
const ways = {
  exit: () => process.exit(7),
  hang: () => new Promise(() => setInterval(() => {}, 60_000)),
  spin: () => { for (;;); },
  none: () => {},
};
export default {
  kind: 'eval', name: 'mischief', api: 1,
  options: { type: 'object', properties: { how: { enum: Object.keys(ways), default: 'none' } }, additionalProperties: false },
  create: (_, { how }) => ({ async measure() { await ways[how](); return { results: { fine: true } }; } }),
};
`;

const entry = fileURLToPath(new URL('../../dist/workers/worker-main.js', import.meta.url));
const workers = { entry, count: 2, retries: 0, hangMs: 3_000 };

it('a plugin that exits or hangs in one cell fails that cell by name, and no other', async () => {
  const folder = await folderOfText(ablation);
  await mkdir(path.join(folder, 'mischief'));
  const provides = [{ kind: 'eval', name: 'mischief', export: '.' }];
  const manifest = { name: 'mischief', version: '1.0.0', type: 'module', exports: './index.js' };
  await writeFile(
    path.join(folder, 'mischief/package.json'),
    JSON.stringify({ ...manifest, foretoken: { api: 1, provides } }),
  );
  await writeFile(path.join(folder, 'mischief/index.js'), plugin);
  const host = await createForetokenHost();
  const plan = await planAblation(path.join(folder, 'ablation.yaml'), host);
  const { results, failedCells } = await runAblation(plan, { host, workers });
  await host.dispose();
  expect(failedCells).toBe(3);
  const cells = Object.fromEntries(results.arms.map(({ name, cells: [cell] }) => [name, cell]));
  expect(cells.exits).toMatchObject({ status: 'failed', error: { code: 'WORKER_CRASHED' } });
  expect(dig(cells.exits as never, 'error', 'message')).toContain('exit code 7');
  for (const arm of ['hangs', 'spins']) {
    expect(cells[arm]).toMatchObject({ status: 'failed', error: { code: 'WORKER_HUNG' } });
  }
  expect(cells.honest).toMatchObject({ status: 'done', results: { mischief: { fine: true } } });
  const bits = (cell: unknown) => dig(cell as never, 'results', 'bits-per-byte');
  expect(bits(cells.honest)).toEqual(bits(cells.good));
  expect(bits(cells.good)).toBeTypeOf('object');
  const failure = path.join(plan.directory, 'cells', plan.cells.find(({ arm }) => arm === 'exits')!.id, 'failure.json');
  expect(JSON.parse(await readFile(failure, 'utf8'))).toMatchObject({ task: 'measure', code: 'WORKER_CRASHED' });
});
