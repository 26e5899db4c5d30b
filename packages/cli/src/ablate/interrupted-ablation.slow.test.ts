import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runBin, startBin } from '../testing/run-bin.fixture.ts';
import { tinyExperiment } from '../testing/tiny-experiment.fixture.ts';

let cwd: string;
beforeEach(() => {
  cwd = tinyExperiment();
});
let running: ChildProcess | undefined;
afterEach(() => {
  running?.kill('SIGKILL');
  rmSync(cwd, { recursive: true });
});

/** Some seconds. */
const STEPS = 1500;
const args = (output: string) => ['ablate', `${output}.json`, '--workers', '2'];

/** One training for each of two workers, in a folder of this name. */
function writeAblation(output: string): void {
  const set = { 'training.steps': STEPS, 'training.checkpointEvery': STEPS, evals: ['bits-per-byte'] };
  const ablation = { formatVersion: 1, name: 'long', base: 'tiny.json', output, arms: [{ name: 'a', set }] };
  writeFileSync(path.join(cwd, `${output}.json`), JSON.stringify({ ...ablation, seeds: [0, 1] }));
}

/** The metrics of every training that has begun, by its key. */
function metricsOf(output: string): { readonly [key: string]: string } {
  const files = readdirSync(path.join(cwd, output), { recursive: true, encoding: 'utf8' });
  const metrics = files.filter((name) => path.basename(name) === 'metrics.jsonl').sort();
  return Object.fromEntries(metrics.map((name) => [name, readFileSync(path.join(cwd, output, name), 'utf8')]));
}

const stepsOf = (metrics: string): number[] =>
  metrics
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).step as number);

function areBothAtWork(): boolean {
  try {
    const sizes = Object.values(metricsOf('stopped')).map((text) => stepsOf(text).length);
    return sizes.length === 2 && sizes.every((size) => size > 5);
  } catch {
    return false;
  }
}

function workersOf(output: string): number[] {
  const leases = path.join(cwd, output, 'leases');
  const names = readdirSync(leases).filter((name) => name.startsWith('train-'));
  return names.map((name) => JSON.parse(readFileSync(path.join(leases, name), 'utf8')).pid);
}

function resultsOf(output: string): string {
  const text = readFileSync(path.join(cwd, output, 'results.json'), 'utf8');
  return JSON.stringify(JSON.parse(text, (key, value) => (key === 'timings' ? undefined : value)));
}

it('Ctrl-C ends a matrix of two workers; the same command goes on to the results of one left in peace', async () => {
  writeAblation('quiet');
  expect((await runBin(args('quiet'), { cwd })).code).toBe(0);
  writeAblation('stopped');
  const { child, finished } = startBin(args('stopped'), { cwd, detached: true });
  running = child;
  await expect.poll(areBothAtWork, { timeout: 120_000, interval: 5 }).toBe(true);
  const workers = workersOf('stopped');
  // A terminal sends it to every process of its group.
  process.kill(-child.pid!, 'SIGINT');
  const { code, stderr } = await finished;
  expect(code).toBe(130);
  expect(stderr).toMatch(/INTERRUPTED: stopped on request; what is finished is kept in .*The same command goes on/);
  expect(workers).toHaveLength(2);
  for (const pid of workers) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect(readdirSync(path.join(cwd, 'stopped/leases'))).toEqual([]);

  const before = Object.values(metricsOf('stopped'));
  expect(before.map((text) => stepsOf(text).length < STEPS)).toEqual([true, true]);
  expect((await runBin(args('stopped'), { cwd })).code).toBe(0);
  const after = Object.values(metricsOf('stopped'));
  // Lines hold times: those of the first run are still there, so its steps were not taken again.
  expect(after.map((text, i) => text.startsWith(before[i]))).toEqual([true, true]);
  const all = Array.from({ length: STEPS }, (_, i) => i + 1);
  expect(after.map(stepsOf)).toEqual([all, all]);
  expect(resultsOf('stopped')).toBe(resultsOf('quiet'));
});
