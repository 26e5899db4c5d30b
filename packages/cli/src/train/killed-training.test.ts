import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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

async function killAfter(run: string, steps: number, more: string[]): Promise<void> {
  const { child, finished } = startBin(train(run, ...more), { cwd: folder });
  while (stepsOf(run) < steps && child.exitCode === null) await sleep(1);
  child.kill('SIGKILL');
  expect((await finished).code, 'the training was killed, not finished').toBeNull();
}

test('a training killed by SIGKILL again and again ends in the same bits as an undisturbed one', {
  timeout: 120_000,
}, async () => {
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
