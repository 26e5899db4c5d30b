import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Finished, startBin } from '../testing/run-bin.fixture.ts';

/** The experiments of a folder, each trained as `foretoken train` in a process of its own. */
export interface Trainings {
  readonly folder: string;
  /** Options of every training. */
  readonly settings: readonly string[];
}

/** Where in a training its process kills itself. */
export interface KillPlace {
  /** It is at the first such call from when the row of this step is written on. */
  readonly step: number;
  /** Of `node:fs/promises` or of an open file. */
  readonly call: 'open' | 'write' | 'sync' | 'rename' | 'rm';
  /** Part of the path. */
  readonly file: string;
  /** In the `middle` of a write half of its bytes are written. */
  readonly when: 'before' | 'middle' | 'after';
}

/** What a training forgets as it goes on from a checkpoint. */
export type Forgotten = 'cursor' | 'random' | 'moments' | 'weighting' | 'schedule';

const PRELOAD = new URL('killed-training-preload.fixture.mjs', import.meta.url);

/** Trains in the folder of a run, to the end or until the process kills itself. */
export function train(
  { folder, settings }: Trainings,
  run: string,
  options: { readonly resume?: boolean; readonly kill?: KillPlace; readonly forget?: Forgotten } = {},
): Promise<Finished> {
  const args = ['train', 'tiny.json', '--run', run, ...settings, ...(options.resume ? ['--resume'] : [])];
  const { kill, forget } = options;
  const env = {
    ...((kill ?? forget) && { NODE_OPTIONS: `--import=${PRELOAD}` }),
    ...(kill && { KILL_AT: JSON.stringify(kill) }),
    ...(forget && { FORGET: forget }),
  };
  return startBin(args, { cwd: folder, env }).finished;
}

/** When a training is killed from outside. */
export interface OutsideKill {
  /** It has made so many. */
  readonly steps: number;
  /** From when that was seen. Default: 0. */
  readonly delayMs?: number;
  readonly resume: boolean;
  /** Step of the last checkpoint that it may have saved by then. Default: any. */
  readonly furthest?: number;
}

/**
 * Kills a training from outside. One that comes further than it should, because the machine was busy when this process was to
 * look, does not count: it starts again from where it was.
 */
export async function killAfter(trainings: Trainings, run: string, kill: OutsideKill): Promise<void> {
  const [at, before] = [run, `${run} before`].map((name) => path.join(trainings.folder, name));
  if (existsSync(at)) cpSync(at, before, { recursive: true });
  let numTries = 1;
  while (!(await isKilledInTime(trainings, run, kill))) {
    numTries += 1;
    expect(numTries, 'trainings that were to be killed and went too far').toBeLessThan(10);
    rmSync(at, { recursive: true });
    if (existsSync(before)) cpSync(before, at, { recursive: true });
  }
  rmSync(before, { recursive: true, force: true });
}

async function isKilledInTime(
  { folder, settings }: Trainings,
  run: string,
  { steps, delayMs = 0, resume, furthest = Number.POSITIVE_INFINITY }: OutsideKill,
): Promise<boolean> {
  const args = ['train', 'tiny.json', '--run', run, ...settings, ...(resume ? ['--resume'] : [])];
  const { child, finished } = startBin(args, { cwd: folder });
  while (numRows(folder, run) < steps && child.exitCode === null) await sleep(1);
  await sleep(delayMs);
  child.kill('SIGKILL');
  const { code } = await finished;
  const saved = Object.keys(checkpoints({ folder, settings }, run)).map((name) => Number(/\d{8}/.exec(name)?.[0]));
  return code === null && saved.every((step) => step <= furthest);
}

/** Rows that a run's metrics have so far. */
function numRows(folder: string, run: string): number {
  const metrics = path.join(folder, run, 'metrics.jsonl');
  return existsSync(metrics) ? readFileSync(metrics, 'utf8').split('\n').length - 1 : 0;
}

/** Lines of the loss log without what a clock wrote. */
export function lossLog({ folder }: Trainings, run: string): Record<string, unknown>[] {
  const lines = readFileSync(path.join(folder, run, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => ({ ...JSON.parse(line), seconds: 0 }));
}

/**
 * Every file in the folder of a run's checkpoints, as bytes: weights, moments, counters, the state of weighting and schedule,
 * and the place in the data, which random numbers follow from as well.
 */
export function checkpoints({ folder }: Trainings, run: string): Record<string, string> {
  const at = path.join(folder, run, 'checkpoints');
  const names = existsSync(at) ? readdirSync(at) : [];
  return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(at, name)).toString('base64')]));
}
