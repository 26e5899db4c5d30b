// Pruning by real processes: a coordinator and its workers, killed at rungs.
import { type ChildProcess, spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { folderOfText } from '../plan/planning.fixture.ts';
import { resultsOf } from '../results/results-of.fixture.ts';

const fixture = fileURLToPath(new URL('../run/chaos.fixture.mjs', import.meta.url));

/** Four learning rates beside the baseline's: two go on from step 6, one from step 12. */
const ablation = `
formatVersion: 1
name: race
output: out
base:
  data: { dataset: { name: text-files, include: ["text/*.ts"] }, context: 32 }
  model: { trunk: { name: transformer, width: 16, layers: 4, attentionHeads: 2 }, head: { name: parallel, horizon: 2 } }
  training: { steps: 24, batch: 2, checkpointEvery: 5, validateEvery: 3, validationWindows: 2 }
  evals: [{ name: bits-per-byte, windows: 2 }]
axes: { training.learningRate: [1.0e-3, 3.0e-3, 1.0e-2, 3.0e-5, 1.0e-4] }
seeds: [0, 1]
pruning: { halving: { rungs: [0.25, 0.5] } }
`;

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Runs the ablation of a folder. @param tasks - after so many have begun, the coordinator is killed */
async function run(
  folder: string,
  tasks = Number.POSITIVE_INFINITY,
): Promise<{ code: number | null; begun: string[] }> {
  const child = spawn(process.execPath, [fixture, path.join(folder, 'ablation.yaml')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const begun: string[] = [];
  createInterface({ input: child.stdout }).on('line', (label) => {
    begun.push(label);
    if (begun.length >= tasks) child.kill('SIGKILL');
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, begun };
}

it('a race whose coordinator is killed again and again ends in the results of one left in peace', {
  timeout: 600_000,
}, async () => {
  const [quiet, killed] = [await folderOfText(ablation), await folderOfText(ablation)];
  const whole = await run(quiet);
  expect(whole.code).toBe(0);
  // Ten trainings to the first rung, six to the second, four to the end, four measurements.
  expect(whole.begun).toHaveLength(24);
  const results = await resultsOf(path.join(quiet, 'out'));
  const statuses = JSON.parse(results).arms.map(({ cells }: { cells: { status: string }[] }) =>
    cells.map(({ status }) => status),
  );
  expect(statuses.flat().filter((status: string) => status === 'pruned')).toHaveLength(6);

  for (const tasks of [3, 6, 6, 4]) expect((await run(killed, tasks)).code, `after ${tasks}`).toBeNull();
  expect((await run(killed)).code).toBe(0);
  expect(await resultsOf(path.join(killed, 'out'))).toBe(results);
  const again = await run(killed);
  expect([again.code, again.begun]).toEqual([0, []]);
  const left = (await readdir(path.join(killed, 'out'), { recursive: true })).filter((name) =>
    /\.tmp$|failure|^leases./.test(name),
  );
  expect(left).toEqual([]);
});
