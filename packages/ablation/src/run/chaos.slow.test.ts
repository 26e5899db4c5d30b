import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom, type Random } from '@foretoken/core';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { folderOfText } from '../plan/planning.fixture.ts';
import { resultsOf } from '../results/results-of.fixture.ts';
import { canMount, controlFolder, type FillableDisk, mountedDisk, preloadedDisk } from './chaos-disk.fixture.ts';
import { comparableRecord } from './chaos-record.fixture.ts';
import { ChaoticRun, HAPPENINGS, type Happening, runInPeace } from './chaos-run.fixture.ts';
import { isThere, overlaps, readStamps } from './chaos-stamps.fixture.ts';

const ablation = `
formatVersion: 1
name: chaos
output: out
base:
  data: { dataset: { name: text-files, include: ["text/*.ts"] }, context: 32 }
  model: { trunk: { name: transformer, width: 16, layers: 5, attentionHeads: 2 } }
  training: { steps: 48, batch: 2, checkpointEvery: 8, validateEvery: 16, validationWindows: 2 }
  evals: [{ name: bits-per-byte, windows: 2 }, { name: losslessness, prompts: 1, promptTokens: 8, maxTokens: 8 }]
axes:
  model.head: [parallel, linear]
  model.head.horizon: [2, 3, 4]
  decoders: [{ g: greedy, s: speculative }, { g: greedy, s: { name: speculative, policy: { name: fixed, levels: 1 } } }]
seeds: [0, 1, 2, 3, 4]
`;
const CELLS = 60;
/** Something happens whenever so many more are measured. */
const EVERY = 4;

const happenings: readonly Happening[] = [
  ...Array<Happening>(3).fill('worker killed'),
  ...Array<Happening>(2).fill('coordinator killed'),
  'worker killed while it writes',
  'coordinator killed while it writes',
  'worker stopped past its lease, then continued',
  'worker stopped, its coordinator killed',
  'disk full',
  'wall clock an hour ahead',
  'wall clock an hour behind',
];

const seed = Number(process.env.CHAOS_SEED ?? 6);
const round = (number: number, disk: 'tmpfs' | 'preload') => ({ number, seed, disk });
/** A full file system of its own where one can be mounted; everywhere, writes that a preload refuses. */
const rounds = [round(1, 'preload'), round(2, canMount() ? 'tmpfs' : 'preload'), round(3, 'preload')];

let quiet: string;
beforeAll(async () => {
  quiet = await folderOfText(ablation);
  expect(await runInPeace(quiet)).toBe(0);
});

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function openDisk(kind: FillableDisk['kind'], control: string): FillableDisk {
  const disk = kind === 'tmpfs' ? mountedDisk() : preloadedDisk(control);
  cleanups.push(disk.remove);
  for (const name of ['ablation.yaml', 'text']) {
    cpSync(path.join(quiet, name), path.join(disk.folder, name), { recursive: true });
  }
  return disk;
}

/** The same happenings in every order. */
function shuffled(random: Random): Happening[] {
  const drawn = happenings.map((happening) => ({ happening, order: random.uniform() }));
  return drawn.sort((a, b) => a.order - b.order).map(({ happening }) => happening);
}

// Each was seen to fail with the product broken on purpose: a resume that begins the data anew (results, records, the last
// checkpoint, metrics); metrics that a resume does not cut (their rows, in the record);
// nothing swept (`leases/.coordinator-….tmp`); a silence measured by the wall clock (workers gone after the jump). What finds
// two attempts at one task has a test of its own, which its first version failed.
it.each(rounds)(
  'a matrix of 60 cells survives everything: round $number of seed $seed, its full disk by $disk',
  async ({ number, disk: kind }) => {
    const startMs = performance.now();
    const control = controlFolder();
    cleanups.push(() => rmSync(control, { recursive: true }));
    const disk = openDisk(kind, control);
    const random = createRandom(seed, `chaos/${number}`);
    const run = new ChaoticRun(disk, { control, random });
    cleanups.push(() => run.dispose());
    await sleep(random.integer(1500));
    await run.killCoordinator();
    for (const [i, happening] of shuffled(random).entries()) {
      await run.measured((i + 1) * EVERY);
      await sleep(random.integer(300));
      console.log(`round ${number}, ${((performance.now() - startMs) / 1000).toFixed(1)} s: ${happening}`);
      await HAPPENINGS[happening](run);
    }
    await run.finish();

    const [out, quietOut] = [path.join(disk.folder, 'out'), path.join(quiet, 'out')];
    expect.soft(await resultsOf(out)).toBe(await resultsOf(quietOut));
    const [record, expected] = [await comparableRecord(out), await comparableRecord(quietOut)];
    expect.soft(Object.keys(record)).toEqual(Object.keys(expected));
    expect.soft(Object.keys(expected).filter((file) => record[file] !== expected[file])).toEqual([]);
    expect.soft(Object.keys(record).filter((file) => file.endsWith('cell.json'))).toHaveLength(CELLS);

    const stamps = readStamps(control);
    const processes = stamps.filter(({ type }) => type === 'process');
    expect.soft(overlaps(stamps)).toEqual([]);
    expect.soft(processes.filter(isThere)).toEqual([]);
    // No cell failed but those whose workers were killed again and again.
    expect.soft(run.complaints.split('\n').filter((line) => !/^(WORKER_CRASHED: .*)?$/.test(line))).toEqual([]);
  },
);
