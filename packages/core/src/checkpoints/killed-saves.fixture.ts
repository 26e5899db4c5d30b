import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { CheckpointStore } from './checkpoint-store.ts';
import type { StoredTensor } from './safetensors.ts';

/** The configuration of every checkpoint here. */
export const configHash = 'config-a';

/** Content that follows from the step, so that a torn mixture shows. */
export function contentOf(step: number, score?: number) {
  const weight: StoredTensor = { dtype: 'F32', shape: [4], data: new Float32Array(4).fill(step) };
  const cursor: StoredTensor = { dtype: 'I32', shape: [1], data: Int32Array.of(step) };
  return {
    step,
    tensors: new Map<string, StoredTensor>([
      ['weight', weight],
      ['cursor', cursor],
    ]),
    state: { step, name: 'größe' },
    score,
  };
}

/** The score that each step is saved with where a store is killed: the best is an early one. */
export const scoreOf = (step: number) => [5, 1, 4, 3, 2][step % 5];

/** Every file loads, the newest is `saved` or the one after it, and the best is really the lowest score there is. */
export async function expectConsistent(directory: string, saved: number): Promise<number> {
  const store = await CheckpointStore.open(directory, { configHash });
  expect(readdirSync(directory).every((name) => name.endsWith('.safetensors'))).toBe(true);
  const list = await store.list();
  for (const { path, step } of list) {
    const { tensors, state, score } = await store.load(path);
    expect({ tensors, state, score }).toEqual({ ...contentOf(step), step: undefined, score: scoreOf(step) });
  }
  if (list.length === 0) return 0;
  const latest = (await store.latest()).step;
  expect([saved, saved + 1]).toContain(latest);
  const scores = Array.from({ length: latest }, (_, index) => scoreOf(index + 1));
  expect((await store.best()).score).toBe(Math.min(...scores));
  return latest;
}

/**
 * Kills a process that does nothing but save, again and again, a few saves in and at a moment of no one's choosing, and
 * looks at the store each time.
 */
export async function killWhileSaving(directory: string, numKills: number): Promise<void> {
  const built = fileURLToPath(new URL('../../dist/checkpoints/checkpoint-store.js', import.meta.url));
  expect(existsSync(built), `${built} must be built before this test runs`).toBe(true);
  let saved = 0;
  for (let kill = 0; kill < numKills; kill++) {
    const child = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      SAVER,
      built,
      directory,
      configHash,
      `${saved}`,
    ]);
    let told = saved;
    child.stdout.on('data', (text: Buffer) => {
      told = Number(text.toString().trim().split('\n').at(-1));
      if (told >= saved + 2 + (kill % 8)) child.kill('SIGKILL');
    });
    expect(await once(child, 'close')).toEqual([null, 'SIGKILL']);
    const latest = await expectConsistent(directory, told);
    expect(latest).toBeGreaterThanOrEqual(told);
    saved = latest;
  }
}

/** Saves step after step, telling each one when it is durable. */
const SAVER = `
const [built, directory, configHash, from] = process.argv.slice(1);
const { CheckpointStore } = await import(built);
const store = await CheckpointStore.open(directory, { configHash });
for (let step = Number(from) + 1; ; step++) {
  const tensors = new Map([
    ['weight', { dtype: 'F32', shape: [4], data: new Float32Array(4).fill(step) }],
    ['cursor', { dtype: 'I32', shape: [1], data: Int32Array.of(step) }],
  ]);
  await store.save({ step, tensors, state: { step, name: 'größe' }, score: [5, 1, 4, 3, 2][step % 5] });
  process.stdout.write(step + '\\n');
}
`;
