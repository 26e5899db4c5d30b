import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import { planOf } from '../plan/planning.fixture.ts';
import { resultsOf } from '../results/results-of.fixture.ts';

const worker = fileURLToPath(new URL('./killed-worker.fixture.mjs', import.meta.url));
const base = 'data: { dataset: { name: text-files, root: . } }\ntraining: { steps: 20 }';

/** Runs the plan in a process of its own, which is killed after so many milliseconds. */
async function runFor(plan: AblationPlan, killAfterMs?: number): Promise<number | null> {
  const file = `${plan.directory}.plan.json`;
  await writeFile(file, JSON.stringify(plan));
  const child = spawn(process.execPath, [worker, file], { stdio: 'inherit' });
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  const [code] = await once(child, 'exit');
  clearTimeout(timer);
  return code;
}

/** Kills a run again and again until one ends by itself; how often. */
async function killAgainAndAgain(plan: AblationPlan, wholeMs: number): Promise<number> {
  let kills = 0;
  for (let attempt = 0; attempt < 30; attempt++) {
    // Spread over the whole run; start-up takes a part of it.
    const code = await runFor(plan, wholeMs * (0.3 + 0.7 * ((attempt * 0.618) % 1)));
    if (code === 0) break;
    kills += 1;
  }
  if ((await runFor(plan)) !== 0) throw new Error('the last run, which nobody killed, failed');
  return kills;
}

test('an ablation killed again and again ends in the results of one left in peace', async () => {
  const plan = () => planOf('axes: { model.head.horizon: [1, 2, 3] }\nseeds: [0, 1]', { base });
  const quiet = await plan();
  const start = performance.now();
  expect(await runFor(quiet)).toBe(0);
  const wholeMs = performance.now() - start;
  let killed = quiet;
  const kills: number[] = [];
  // A machine that has become faster since ends a run before its second kill: another, killed twice as early, takes its place.
  for (let share = 1; (kills.at(-1) ?? 0) < 2 && share > 0.05; share /= 2) {
    killed = await plan();
    kills.push(await killAgainAndAgain(killed, wholeMs * share));
  }
  expect(kills.at(-1), `kills of every ablation: ${kills}`).toBeGreaterThan(1);
  expect(await resultsOf(killed.directory)).toBe(await resultsOf(quiet.directory));
  const left = (await readdir(killed.directory, { recursive: true })).filter((name) => name.endsWith('.json'));
  expect(left.filter((name) => name.includes('failure'))).toEqual([]);
});
