import { readdirSync } from 'node:fs';
import { expect } from 'vitest';
import type { Random } from '../contracts/random.ts';
import { isTemporaryName } from '../files/write-file-atomic.ts';
import { createRandom } from '../random/random.ts';
import { CheckpointStore } from './checkpoint-store.ts';
import { endOf, order, type Saver, type SavingOrder, withSavers } from './killed-saver.fixture.ts';
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

/** How often a kill fell where. */
export interface KillPlaces {
  /** A file was being written: it was there under its temporary name. */
  readonly unfinished: number;
  /** The new checkpoint was there, the older ones not dropped yet. */
  readonly notDropped: number;
}

/**
 * Kills a process that does nothing but save, again and again, a few saves in and at a moment of no one's choosing, and
 * looks at the store each time.
 * @param seed - of the moments that are meant; which ones they come to is the machine's matter
 */
export async function killWhileSaving(directory: string, numKills: number, seed: number): Promise<KillPlaces> {
  const random = createRandom(seed, 'kill-while-saving');
  const places = { unfinished: 0, notDropped: 0 };
  let saved = 0;
  await withSavers(async (next) => {
    for (let kill = 0; kill < numKills; kill++) {
      const told = await killOnce(next(), { directory, configHash, first: saved + 1 }, random);
      const numUnfinished = readdirSync(directory).filter((name) => isTemporaryName(name)).length;
      places.unfinished += numUnfinished;
      places.notDropped += readdirSync(directory).length - numUnfinished > NUM_KEPT ? 1 : 0;
      saved = await expectConsistent(directory, told);
    }
  });
  return places;
}

/** The last two, and the best. */
const NUM_KEPT = 3;

/** Lets a process save a few times, and kills it in the next one. @returns the last step that it said is durable */
async function killOnce(saver: Saver, what: SavingOrder, random: Random): Promise<number> {
  const last = what.first + 1 + random.integer(8);
  const share = random.uniform();
  let told = what.first - 1;
  let toldAt = 0;
  order(saver, what);
  const { code, signal } = await endOf(saver, (line) => {
    if (line === 'ready') return;
    const saveMs = performance.now() - toldAt;
    [told, toldAt] = [Number(line), performance.now()];
    if (told < last) return;
    // A timer would wait for whole milliseconds, which a save does not take.
    while (performance.now() < toldAt + share * saveMs);
    saver.kill('SIGKILL');
  });
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' });
  return told;
}
