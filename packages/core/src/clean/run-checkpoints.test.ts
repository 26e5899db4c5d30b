import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CheckpointStore } from '../checkpoints/checkpoint-store.ts';
import { GOOD_EXPERIMENT } from '../checkpoints/hostile/record-cases.fixture.ts';
import type { StoredTensor } from '../checkpoints/safetensors.ts';
import { CONFIG_VERSION, type Experiment } from '../config/experiment.ts';
import { experimentHash } from '../config/hash.ts';
import { type Disk, realDisk } from '../files/disk.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { runPaths } from '../training/run-directory.ts';
import { type TrainingSummary, writeRunSummary } from '../training/run-summary.ts';
import { type JudgedFile, judgeCheckpoints } from './run-checkpoints.ts';

const LAST = 8;
const BEST = 3;
const configHash = experimentHash({ ...GOOD_EXPERIMENT, formatVersion: CONFIG_VERSION } as unknown as Experiment);
const nameOf = (step: number) => `step-${String(step).padStart(8, '0')}.safetensors`;
const weight: StoredTensor = { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) };

/** Saves one checkpoint where nothing older is dropped, and moves it to its run. */
async function addCheckpoint(run: string, step: number, hash = configHash): Promise<void> {
  const store = await CheckpointStore.open(join(temporaryFolder(), 'checkpoints'), { configHash: hash });
  const tensors = new Map([['weight', weight]]);
  const { path } = await store.save({ step, tensors, state: {}, score: step === BEST ? 1 : 9 });
  renameSync(path, join(run, 'checkpoints', basename(path)));
}

/** A run of eight checkpoints, the best an early one. */
async function madeRun(named?: number): Promise<string> {
  const run = join(temporaryFolder(), 'run');
  mkdirSync(join(run, 'checkpoints'), { recursive: true });
  writeFileSync(join(run, 'experiment.json'), JSON.stringify(GOOD_EXPERIMENT));
  for (let step = 1; step <= LAST; step++) await addCheckpoint(run, step);
  const summary = { checkpoint: `checkpoints/${nameOf(named ?? LAST)}` } as TrainingSummary;
  if (named !== undefined) await writeRunSummary(runPaths(run), summary);
  return run;
}

const stepsOf = (files: readonly JudgedFile[]) =>
  files.map(({ path }) => Number(/(\d+)\.safetensors$/.exec(path)?.[1]));
const whys = (files: readonly JudgedFile[]) => Object.fromEntries(files.map(({ path, why }) => [basename(path), why]));

describe('the checkpoints of a run', () => {
  it('stay or go by every pair of rules as counted by hand', async () => {
    const run = await madeRun();
    for (const keepLast of [1, 2, 5, LAST, 100]) {
      for (const keepEvery of [undefined, 1, 2, 3, 7, 50]) {
        const wanted = Array.from({ length: LAST }, (_, i) => i + 1).filter(
          (step) => step === BEST || step > LAST - keepLast || (keepEvery !== undefined && step % keepEvery === 0),
        );
        const { keep, remove } = await judgeCheckpoints(run, { keepLast, keepEvery });
        expect(stepsOf(keep), `${keepLast} ${keepEvery}`).toEqual(wanted);
        expect(stepsOf(remove)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].filter((step) => !wanted.includes(step)));
      }
    }
  });

  it('are said with their bytes and why', async () => {
    const run = await madeRun();
    const { keep, remove } = await judgeCheckpoints(run, { keepLast: 2, keepEvery: 5 });
    expect(whys(keep)).toEqual({
      [nameOf(BEST)]: 'the lowest validation loss',
      [nameOf(5)]: 'a multiple of 5 steps',
      [nameOf(7)]: 'one of the last 2',
      [nameOf(LAST)]: 'the newest',
    });
    for (const { path, bytes } of [...keep, ...remove]) expect(bytes).toBe(readFileSync(path).length);
  });

  it('stay where the summary names one: a head may be attached to it', async () => {
    const { keep } = await judgeCheckpoints(await madeRun(4), { keepLast: 1 });
    expect(whys(keep)).toMatchObject({ [nameOf(4)]: 'summary.json names it' });
  });

  it('stay where the summary of a run made on Windows names one', async () => {
    const run = await madeRun();
    await writeRunSummary(runPaths(run), { checkpoint: `checkpoints\\${nameOf(4)}` } as TrainingSummary);
    const { keep } = await judgeCheckpoints(run, { keepLast: 1 });
    expect(whys(keep)).toMatchObject({ [nameOf(4)]: 'summary.json names it' });
  });

  it('all stay where the newest is not whole: the one before is the way back', async () => {
    const run = await madeRun();
    const file = join(run, 'checkpoints', nameOf(LAST));
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(file, bytes);
    const { remove, keep } = await judgeCheckpoints(run, { keepLast: 1 });
    expect([remove, stepsOf(keep)]).toEqual([[], [1, 2, 3, 4, 5, 6, 7, 8]]);
    expect(keep[0].why).toMatch(/^the newest, step-00000008\.safetensors, is not whole \(FILE_CORRUPT: .*SHA-256/);
  });

  it('stay where they are damaged, of another run, or lead elsewhere', async () => {
    const run = await madeRun();
    const at = (step: number) => join(run, 'checkpoints', nameOf(step));
    writeFileSync(at(1), 'damaged');
    rmSync(at(2));
    await addCheckpoint(run, 2, 'f'.repeat(64));
    rmSync(at(4));
    symlinkSync(at(LAST), at(4));
    mkdirSync(at(40));
    const { remove, keep } = await judgeCheckpoints(run, { keepLast: 1 });
    expect(stepsOf(remove)).toEqual([5, 6, 7]);
    const nothingBehind = 'no file or folder of its own: nothing behind it is touched';
    expect(whys(keep)).toMatchObject({
      [nameOf(1)]: 'damaged: look at it, and remove it yourself',
      [nameOf(2)]: 'of another configuration',
      [nameOf(4)]: nothingBehind,
      [nameOf(40)]: nothingBehind,
    });
  });

  it('all stay where the newest has no header that can be read', async () => {
    const run = await madeRun();
    writeFileSync(join(run, 'checkpoints', nameOf(LAST)), 'damaged');
    const { remove, keep } = await judgeCheckpoints(run, { keepLast: 1 });
    expect([remove, stepsOf(keep).sort()]).toEqual([[], [1, 2, 3, 4, 5, 6, 7, 8]]);
    const way = /^the newest, step-00000008\.safetensors, is not whole \(FILE_CORRUPT: /;
    for (const step of [1, BEST, 7]) expect(whys(keep)[nameOf(step)]).toMatch(way);
    expect(whys(keep)[nameOf(LAST)]).toBe('damaged: look at it, and remove it yourself');
  });

  it('are none any more where the run that trains has dropped them meanwhile, at whatever moment', async () => {
    for (const isLate of [false, true]) {
      const run = await madeRun();
      const gone = join(run, 'checkpoints', nameOf(5));
      const stat = async (path: string) => {
        if (isLate) rmSync(gone, { force: true });
        return realDisk.stat(path);
      };
      const readdir = async (path: string, options: object) => {
        const found = await realDisk.readdir(path, options as never);
        if (!isLate) rmSync(gone, { force: true });
        return found;
      };
      const disk = { ...realDisk, stat, readdir } as unknown as Disk;
      const { remove, keep } = await judgeCheckpoints(run, { keepLast: 1 }, { disk });
      expect([stepsOf(remove), stepsOf(keep)]).toEqual([
        [1, 2, 4, 6, 7],
        [BEST, LAST],
      ]);
    }
  });

  it('cannot be judged where the folder cannot be read', async () => {
    const run = await madeRun();
    const readdir = () => Promise.reject(Object.assign(new Error('EACCES: scandir'), { code: 'EACCES' }));
    const disk = { ...realDisk, readdir } as unknown as Disk;
    await expect(judgeCheckpoints(run, { keepLast: 1 }, { disk })).rejects.toThrow(/^FILE_READ: .*EACCES/);
  });

  it('stay where their folder leads elsewhere', async () => {
    const run = await madeRun();
    renameSync(join(run, 'checkpoints'), join(dirname(run), 'far'));
    symlinkSync('../far', join(run, 'checkpoints'));
    const { remove, keep } = await judgeCheckpoints(run, { keepLast: 1 });
    expect([remove, keep.map(({ path }) => path)]).toEqual([[], [join(run, 'checkpoints')]]);
    expect(readdirSync(join(dirname(run), 'far'))).toHaveLength(LAST);
  });

  it('need not be there', async () => {
    const run = await madeRun();
    rmSync(join(run, 'checkpoints'), { recursive: true });
    expect(await judgeCheckpoints(run, { keepLast: 1 })).toEqual({ remove: [], keep: [] });
  });

  it('of another version refuse the whole run', async () => {
    const run = await madeRun();
    const file = join(run, 'checkpoints', nameOf(2));
    const text = readFileSync(file, 'latin1').replace('"formatVersion":"2"', '"formatVersion":"1"');
    writeFileSync(file, text, 'latin1');
    await expect(judgeCheckpoints(run, { keepLast: 1 })).rejects.toThrow(/^FORMAT_VERSION: .*foretoken upgrade/);
  });
});
