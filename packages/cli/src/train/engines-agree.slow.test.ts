// Trains one model on real text with several engines and numbers of threads.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { listEngines } from '@foretoken/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runBin } from '../testing/run-bin.fixture.ts';

const STEPS = 50;

const hasNative = (await listEngines()).some(({ name, available }) => name === 'native' && available);
if (!hasNative) console.warn('engines-agree: skipped, the native engine is not built on this machine');

/** Declarations of TypeScript's own library: text that every checkout has. */
const textFolder = path.join(path.dirname(createRequire(import.meta.url).resolve('@types/node/package.json')));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'foretoken-engines-'));
  const experiment = {
    data: {
      dataset: { name: 'text-files', include: [`${textFolder}/*.d.ts`], split: { validation: 0.2 } },
      context: 48,
    },
    model: {
      trunk: { name: 'transformer', width: 40, layers: 5, attentionHeads: 2, keyValueHeads: 1 },
      head: { name: 'parallel', horizon: 3 },
    },
    training: { steps: STEPS, batch: 3, learningRate: 2e-3, warmupSteps: 5, validationWindows: 2 },
    evals: [],
  };
  writeFileSync(path.join(folder, 'experiment.json'), JSON.stringify(experiment));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function train(run: string, engine: string, threads: number, ...more: string[]): Promise<void> {
  const args = ['train', 'experiment.json', '--run', run, '--set', `engine=${engine}`, ...more];
  const { code, stderr } = await runBin(args, { cwd: folder, env: { FORETOKEN_THREADS: String(threads) } });
  expect(code, stderr).toBe(0);
}

/** Every step's losses, as the log has them. */
function losses(run: string): { loss: number; losses: Record<string, number> }[] {
  const lines = readFileSync(path.join(folder, run, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line)).map((entry) => ({ loss: entry.loss, losses: entry.losses }));
}

/** Weights and moments at the end, as bytes. */
function lastCheckpoint(run: string): string {
  const at = path.join(folder, run, 'checkpoints');
  const [last] = readdirSync(at).sort().slice(-1);
  return readFileSync(path.join(at, last)).toString('base64');
}

describe.skipIf(!hasNative)('training from one seed', () => {
  test('ends in the same bits on the native engine, whatever the number of threads', async () => {
    await train('two', 'native', 2);
    await train('again', 'native', 2);
    await train('one', 'native', 1);
    await train('three', 'native', 3);
    expect(losses('two')).toHaveLength(STEPS);
    for (const run of ['again', 'one', 'three']) {
      expect(losses(run)).toEqual(losses('two'));
      expect(lastCheckpoint(run)).toBe(lastCheckpoint('two'));
    }
  });

  test('agrees on native and wasm to 1e-4 in every loss over 50 steps', async () => {
    await train('native', 'native', 2);
    await train('wasm', 'wasm', 1);
    const [native, wasm] = [losses('native'), losses('wasm')];
    expect(wasm).toHaveLength(STEPS);
    let largest = 0;
    for (const [step, { losses: terms }] of native.entries()) {
      for (const [term, loss] of Object.entries(terms)) {
        largest = Math.max(largest, Math.abs(loss - wasm[step].losses[term]));
      }
    }
    expect(largest).toBeLessThan(1e-4);
    expect(native[STEPS - 1].loss).toBeLessThan(native[0].loss);
  });
});
