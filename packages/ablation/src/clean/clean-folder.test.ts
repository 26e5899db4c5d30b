import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { type DiskOptions, type Experiment, experimentHash } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import { contentOf, projectOf } from '../upgrade/versions.fixture.ts';
import { type CleanOptions, cleanFolder } from './clean-folder.ts';

const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const write = (file: string, value: object) => writeFileSync(file, JSON.stringify(value));
const fileOf = (step: number) => `checkpoints/step-${String(step).padStart(8, '0')}.safetensors`;
const LAST = 8;
const BEST = 3;
/** No process has it: the largest is below. */
const GONE = 2 ** 22 + 1;

/** Writes a checkpoint of no tensors, as its header shows it. */
function writeCheckpoint(run: string, step: number, { score = 9, configHash = hashOf(run) } = {}): void {
  const content = { formatVersion: '2', configHash, step: String(step), score: String(score), state: '{}', sha256: '' };
  const header = Buffer.from(JSON.stringify({ __metadata__: content }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(path.join(run, fileOf(step)), Buffer.concat([length, header]));
}

const hashOf = (run: string): string =>
  experimentHash({ ...(json(path.join(run, 'experiment.json')) as Experiment), formatVersion: 1 });

/** A finished run with a checkpoint of every step: the last as it was trained, the best an early one. */
function madeRun(): string {
  const run = path.join(projectOf('v2'), 'run');
  for (let step = 1; step < LAST; step++) writeCheckpoint(run, step, { score: step === BEST ? 1 : 9 });
  return run;
}

const clean = (folder: string, options: Partial<CleanOptions> = {}) => cleanFolder(folder, { keepLast: 1, ...options });
const stepsOf = (files: readonly { readonly path: string }[]) =>
  files.map((file) => Number(/(\d+)\.safetensors$/.exec(file.path)?.[1]));
const whys = (files: readonly { readonly path: string; readonly why: string }[]) =>
  Object.fromEntries(files.map((file) => [path.basename(file.path), file.why]));

describe('the checkpoints of a run', () => {
  it('that no rule keeps are said with their bytes, and nothing is removed', async () => {
    const run = madeRun();
    const before = contentOf(path.dirname(run));
    const { remove, keep, bytes, applied } = await clean(run);
    expect([stepsOf(remove), stepsOf(keep), applied]).toEqual([[1, 2, 4, 5, 6, 7], [BEST, LAST], false]);
    expect(whys(keep)).toEqual({
      'step-00000003.safetensors': 'the lowest validation loss',
      'step-00000008.safetensors': 'the newest',
    });
    expect(bytes).toBe(remove.reduce((sum, file) => sum + readFileSync(path.join(run, file.path)).length, 0));
    expect(contentOf(path.dirname(run))).toEqual(before);
  });

  it('go where that is asked, these and nothing else, and once', async () => {
    const run = madeRun();
    const before = contentOf(run);
    const { remove, applied } = await clean(run, { apply: true });
    for (const file of remove) delete before[file.path];
    expect([contentOf(run), applied, remove.length]).toEqual([before, true, 6]);
    expect((await clean(run, { apply: true })).remove).toEqual([]);
  });

  it('are named where they cannot be removed; what went before is gone, all else as it was', async () => {
    const run = madeRun();
    const rm = async (file: string) => {
      if (file.includes('step-00000004'))
        throw Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' });
      await fs.rm(file);
    };
    const disk = { ...fs, rm } as unknown as DiskOptions['disk'];
    await expect(clean(run, { apply: true, disk })).rejects.toThrow(
      /^FILE_WRITE: .*step-00000004\.safetensors .*EROFS/,
    );
    expect(readdirSync(path.join(run, 'checkpoints'))).toHaveLength(LAST - 2);
    await clean(run, { apply: true });
    expect(readdirSync(path.join(run, 'checkpoints'))).toHaveLength(2);
  });
});

describe('what killed processes left', () => {
  const hex = '0123456789ab';

  it('goes, at any depth and beside the folder; what a living process may be writing stays', async () => {
    const run = path.join(projectOf('v2'), 'run');
    const file = (name: string) => writeFileSync(path.join(run, name), 'half');
    file(`.summary.json.${GONE}-${hex}.tmp`);
    file(`checkpoints/.step-00000012.safetensors.${GONE}-${hex}.tmp`);
    file(`checkpoints/.step-00000012.safetensors.${process.ppid}-${hex}.tmp`);
    file('notes.tmp');
    file(`a.${GONE}-${hex}.tmp`);
    for (const name of [`run.v2-ready.${GONE}-${hex}.tmp`, `other.v2-ready.${GONE}-${hex}.tmp`, 'run.v1-backup']) {
      mkdirSync(path.join(path.dirname(run), name));
      writeFileSync(path.join(path.dirname(run), name, 'experiment.json'), '{}');
    }
    const before = readdirSync(path.dirname(run)).length;
    const { remove, keep, bytes } = await clean(run, { keepLast: 2, apply: true });
    expect(remove.map((one) => one.path)).toEqual([
      `../run.v2-ready.${GONE}-${hex}.tmp`,
      `.summary.json.${GONE}-${hex}.tmp`,
      `checkpoints/.step-00000012.safetensors.${GONE}-${hex}.tmp`,
    ]);
    expect(bytes).toBe(2 + 4 + 4);
    expect(keep.map(({ why }) => why)).toContain(`process ${process.ppid} may be writing it`);
    expect(readdirSync(path.dirname(run))).toHaveLength(before - 1);
    expect(readdirSync(run)).toEqual(expect.arrayContaining(['notes.tmp', `a.${GONE}-${hex}.tmp`]));
  });
});

describe('an ablation', () => {
  const leased = () => {
    const root = path.join(projectOf('v2'), 'ablation');
    const leases = path.join(root, 'leases');
    mkdirSync(leases);
    const lease = (name: string, value: object) =>
      write(path.join(leases, name), { formatVersion: 1, token: name, ...value });
    lease('train-a.json', { pid: GONE });
    lease('coordinator-0a.json', { pid: GONE, holds: true });
    return { root, leases, lease };
  };

  it('is cleaned in every training, and of the leases of the dead', async () => {
    const { root, leases, lease } = leased();
    lease('train-b.json', { pid: process.ppid });
    writeFileSync(path.join(leases, 'train-c.json'), '{');
    const [key] = readdirSync(path.join(root, 'trainings'));
    writeCheckpoint(path.join(root, 'trainings', key), 4);
    const planned = await clean(root);
    expect(planned.remove.map((file) => file.path)).toEqual([
      'leases/coordinator-0a.json',
      'leases/train-a.json',
      `trainings/${key}/${fileOf(4)}`,
    ]);
    expect(whys(planned.keep)).toMatchObject({
      'train-b.json': `process ${process.ppid} is at work`,
      'train-c.json': 'no lease that can be read: look at it',
    });
    expect(existsSync(path.join(leases, 'train-a.json'))).toBe(true);
    await clean(root, { apply: true });
    expect(readdirSync(leases).sort()).toEqual(['train-b.json', 'train-c.json']);
    expect(readdirSync(path.join(root, 'trainings', key, 'checkpoints'))).toEqual(['step-00000008.safetensors']);
  });

  it('is left alone while it runs', async () => {
    const { root, lease } = leased();
    lease('coordinator-0b.json', { pid: process.ppid, holds: true });
    const before = contentOf(path.join(root, 'trainings'));
    await expect(clean(root, { apply: true })).rejects.toThrow(/^ABLATION_BUSY: /);
    expect(contentOf(path.join(root, 'trainings'))).toEqual(before);
  });
});

it.each([false, true])('a training of an ablation is cleaned with all of it alone (apply: %s)', async (apply) => {
  const root = path.join(projectOf('v2'), 'ablation');
  const [key] = readdirSync(path.join(root, 'trainings'));
  const training = path.join(root, 'trainings', key);
  writeCheckpoint(training, 4);
  const before = contentOf(root);
  await expect(clean(training, { apply })).rejects.toThrow(
    `USAGE: ${training} is part of the ablation in ${root}. Run "foretoken clean ${root}".`,
  );
  expect(contentOf(root)).toEqual(before);
});

it('a run in a folder that is called trainings, which is no part of an ablation, is cleaned', async () => {
  const project = projectOf('v2');
  mkdirSync(path.join(project, 'trainings'));
  renameSync(path.join(project, 'run'), path.join(project, 'trainings/run'));
  expect((await clean(path.join(project, 'trainings/run'))).kind).toBe('run');
});

it.each([
  ['an older run', 'v1', 'run', /^FORMAT_VERSION: .*foretoken upgrade/],
  ['an older ablation', 'v1', 'ablation', /^FORMAT_VERSION: .*foretoken upgrade/],
  ['no folder of ours', 'v2', '.', /^RUN_NOT_FOUND: /],
  ['nothing', 'v2', 'nowhere', /^RUN_NOT_FOUND: /],
] as const)('%s is refused, and nothing goes', async (_, version, name, message) => {
  const project = projectOf(version);
  const before = contentOf(project);
  await expect(clean(path.join(project, name), { apply: true })).rejects.toThrow(message);
  expect(contentOf(project)).toEqual(before);
});

it('an older ablation is refused before any of its trainings began', async () => {
  const root = path.join(projectOf('v1'), 'ablation');
  rmSync(path.join(root, 'trainings'), { recursive: true });
  writeFileSync(path.join(root, `.results.json.${GONE}-0123456789ab.tmp`), 'half');
  const before = contentOf(root);
  await expect(clean(root, { apply: true })).rejects.toThrow(/^FORMAT_VERSION: .*foretoken upgrade/);
  expect(contentOf(root)).toEqual(before);
});

it('a newer run is refused with the release to install', async () => {
  const run = path.join(projectOf('v2'), 'run');
  write(path.join(run, 'experiment.json'), { ...json(path.join(run, 'experiment.json')), formatVersion: 3 });
  await expect(clean(run, { apply: true })).rejects.toThrow(/^FORMAT_VERSION: .*install foretoken@latest/);
});
