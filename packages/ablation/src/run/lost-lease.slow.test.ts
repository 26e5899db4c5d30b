import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createRandom } from '@foretoken/core';
import { afterEach, expect, it } from 'vitest';
import { folderOfText } from '../plan/planning.fixture.ts';
import { resultsOf } from '../results/results-of.fixture.ts';
import { controlFolder } from './chaos-disk.fixture.ts';
import { ChaoticRun, runInPeace } from './chaos-run.fixture.ts';
import { isThere, readStamps } from './chaos-stamps.fixture.ts';

const ablation = `
formatVersion: 1
name: lost
output: out
base:
  data: { dataset: { name: text-files, include: ["text/*.ts"] }, context: 32 }
  model: { trunk: { name: transformer, width: 16, layers: 4, attentionHeads: 2 }, head: { name: parallel, horizon: 2 } }
  training: { steps: 500, batch: 2, checkpointEvery: 50, validateEvery: 500, validationWindows: 2 }
  evals: [{ name: bits-per-byte, windows: 2 }]
seeds: [0, 1]
`;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

it('a worker that is stopped while its task is given to another and then goes on publishes nothing, and ends', async () => {
  const [quiet, folder, control] = [await folderOfText(ablation), await folderOfText(ablation), controlFolder()];
  cleanups.push(() => rmSync(control, { recursive: true }));
  expect(await runInPeace(quiet)).toBe(0);
  const run = new ChaoticRun({ folder, silenceMs: 600_000 }, { control, random: createRandom(0, 'lost lease') });
  cleanups.push(() => run.dispose());
  const out = (name = '') => path.join(folder, 'out', name);
  const taskOf = (pid: number) => readStamps(control).findLast((stamp) => stamp.pid === pid)?.task;

  const worker = await run.workerAtWork();
  const task = taskOf(worker.pid)!;
  expect(task).toMatch(/^train-/);
  process.kill(worker.pid, 'SIGSTOP');
  const lease = out(`leases/${task}.json`);
  const others = JSON.stringify({ ...JSON.parse(readFileSync(lease, 'utf8')), token: "another's" });
  writeFileSync(lease, others);
  process.kill(worker.pid, 'SIGCONT');

  expect(await run.ended()).toBe(1);
  expect(run.complaints).toContain(`LEASE_LOST: the lease of ${task} was given to another worker meanwhile`);
  // It had done the work to its end, which is what was refused.
  expect(
    readStamps(control).filter(({ type, pid, how }) => type === 'end' && pid === worker.pid && how === 'trained'),
  ).toHaveLength(1);
  expect(readStamps(control).filter(isThere)).toEqual([]);
  expect(readFileSync(lease, 'utf8')).toBe(others);
  const key = task.slice('train-'.length);
  const records = existsSync(out('cells')) ? readdirSync(out('cells'), { recursive: true, encoding: 'utf8' }) : [];
  for (const name of records.filter((record) => record.endsWith('.json'))) {
    expect(JSON.parse(readFileSync(out(`cells/${name}`), 'utf8')).training.key).not.toBe(key);
  }
  expect(existsSync(out('results.json'))).toBe(false);

  expect(await runInPeace(folder)).toBe(0);
  expect(await resultsOf(out())).toBe(await resultsOf(path.join(quiet, 'out')));
});
