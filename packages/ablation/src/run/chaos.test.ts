import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createRandom } from '@foretoken/core';
import { afterEach, expect, it } from 'vitest';
import { folderOfText } from '../plan/planning.fixture.ts';
import { resultsOf } from '../results/results-of.fixture.ts';
import { isAlive, type ProcessIdentity } from './process-identity.ts';

const fixture = fileURLToPath(new URL('./chaos.fixture.mjs', import.meta.url));

const ablation = `
formatVersion: 1
name: chaos
output: out
base:
  data: { dataset: { name: text-files, include: ["text/*.ts"] }, context: 32 }
  model: { trunk: { name: transformer, width: 16, layers: 4, attentionHeads: 2 } }
  training: { steps: 24, batch: 2, checkpointEvery: 4, validateEvery: 12, validationWindows: 2 }
  evals: [{ name: bits-per-byte, windows: 2 }, { name: throughput, rounds: 1, promptTokens: 4, maxTokens: 4 }]
axes: { model.head: [parallel, linear], model.head.horizon: [1, 2, 3] }
seeds: [0, 1]
`;

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

interface Coordinator {
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  /** Settles once a task was started, or the process is gone. */
  readonly atWork: Promise<unknown>;
}

function start(folder: string): Coordinator {
  const child = spawn(process.execPath, [fixture, path.join(folder, 'ablation.yaml')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  return { child, exit, atWork: Promise.race([once(child.stdout!, 'data'), exit]) };
}

/** The workers at work, as the leases name them. */
async function workersOf(folder: string): Promise<ProcessIdentity[]> {
  const leases = path.join(folder, 'out/leases');
  const names = (await readdir(leases).catch(() => [])).filter((name) => /^(train|measure|time)-.*\.json$/.test(name));
  const texts = await Promise.all(names.map((name) => readFile(path.join(leases, name), 'utf8').catch(() => '{}')));
  return texts.map((text) => JSON.parse(text) as ProcessIdentity).filter(({ pid }) => pid > 0);
}

it('a matrix whose workers and coordinators are killed ends in the results of one left in peace', async () => {
  const [quiet, killed] = [await folderOfText(ablation), await folderOfText(ablation)];
  expect(await start(quiet).exit).toBe(0);
  const random = createRandom(6, 'chaos');
  const seen: ProcessIdentity[] = [];
  const kills = { worker: 0, coordinator: 0 };
  let coordinator = start(killed);
  for (const victim of ['worker', 'coordinator', 'worker', 'coordinator', 'worker'] as const) {
    await coordinator.atWork;
    await sleep(random.integer(400));
    const workers = await workersOf(killed);
    seen.push(...workers);
    const pid = victim === 'worker' ? workers[0]?.pid : coordinator.child.pid;
    if (pid === undefined || coordinator.child.exitCode !== null) continue;
    process.kill(pid, 'SIGKILL');
    kills[victim] += 1;
    if (victim === 'coordinator') {
      await coordinator.exit;
      coordinator = start(killed);
    }
  }
  // A cell may have failed for good in one run, if its workers were killed too often; the next tries it again.
  if ((await coordinator.exit) !== 0) expect(await start(killed).exit).toBe(0);
  expect(kills.worker).toBeGreaterThan(1);
  expect(kills.coordinator).toBeGreaterThan(1);
  expect(await resultsOf(path.join(killed, 'out'))).toBe(await resultsOf(path.join(quiet, 'out')));
  expect(
    JSON.parse(await resultsOf(path.join(killed, 'out'))).arms.flatMap((arm: { cells: unknown[] }) => arm.cells),
  ).toHaveLength(12);
  expect((await Promise.all(seen.map(isAlive))).filter(Boolean)).toEqual([]);
  const left = (await readdir(path.join(killed, 'out'), { recursive: true })).filter((name) =>
    /\.tmp$|failure|measured|^leases./.test(name),
  );
  expect(left).toEqual([]);
});
