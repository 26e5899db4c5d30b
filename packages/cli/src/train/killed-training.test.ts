import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runBin, startBin } from '../testing/run-bin.fixture.ts';
import { tinyExperiment } from '../testing/tiny-experiment.fixture.ts';

const STEPS = 40;
const settings = [
  '--set',
  `training.steps=${STEPS}`,
  '--set',
  'training.checkpointEvery=4',
  '--set',
  'training.validateEvery=8',
];

let folder: string;
beforeAll(() => {
  folder = tinyExperiment();
});
afterAll(() => rmSync(folder, { recursive: true }));

const train = (run: string, ...more: string[]) => ['train', 'tiny.json', '--run', run, ...settings, ...more];

/** Steps that a run's metrics show so far. */
function stepsOf(run: string): number {
  const metrics = path.join(folder, run, 'metrics.jsonl');
  return existsSync(metrics) ? readFileSync(metrics, 'utf8').split('\n').length - 1 : 0;
}

/** Lines of the loss log without what a clock wrote. */
function lossLog(run: string): unknown[] {
  const lines = readFileSync(path.join(folder, run, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => ({ ...JSON.parse(line), seconds: 0 }));
}

/** Weights, moments, counters and place in the data of every checkpoint that is kept, as bytes. */
function checkpoints(run: string): Record<string, string> {
  const at = path.join(folder, run, 'checkpoints');
  return Object.fromEntries(
    readdirSync(at).map((name) => [name, readFileSync(path.join(at, name)).toString('base64')]),
  );
}

/**
 * Kills a training once it has made so many steps. One that comes to its end first, because the machine was busy when this
 * process was to look, does not count: it starts again from where it was.
 */
async function killAfter(run: string, steps: number, more: string[]): Promise<void> {
  const [at, before] = [run, `${run} before`].map((name) => path.join(folder, name));
  if (existsSync(at)) cpSync(at, before, { recursive: true });
  const codes: (number | null)[] = [];
  while (codes.at(-1) !== null && codes.length < 5) {
    if (codes.length > 0) rmSync(at, { recursive: true });
    if (codes.length > 0 && existsSync(before)) cpSync(before, at, { recursive: true });
    const { child, finished } = startBin(train(run, ...more), { cwd: folder });
    while (stepsOf(run) < steps && child.exitCode === null) await sleep(1);
    child.kill('SIGKILL');
    codes.push((await finished).code);
  }
  rmSync(before, { recursive: true, force: true });
  expect(codes.at(-1), `exit codes of trainings that were to be killed: ${codes}`).toBeNull();
}

test('a training killed by SIGKILL again and again ends in the same bits as an undisturbed one', async () => {
  expect((await runBin(train('quiet'), { cwd: folder })).code).toBe(0);
  await killAfter('killed', 6, []);
  await killAfter('killed', 17, ['--resume']);
  await killAfter('killed', 26, ['--resume']);
  expect((await runBin(train('killed', '--resume'), { cwd: folder })).code).toBe(0);
  expect(lossLog('killed')).toHaveLength(STEPS);
  expect(lossLog('killed')).toEqual(lossLog('quiet'));
  expect(checkpoints('killed')).toEqual(checkpoints('quiet'));
  expect(Object.keys(checkpoints('killed'))).toContain(`step-000000${STEPS}.safetensors`);
});
