import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { isTemporaryName } from '../files/write-file-atomic.ts';
import { CheckpointStore } from './checkpoint-store.ts';
import { endOf, type KillAt, order, type Saver, type SavingOrder, withSavers } from './killed-saver.fixture.ts';
import { configHash, contentOf, expectConsistent, scoreOf } from './killed-saves.fixture.ts';

/** A save, by the number of steps that were saved before it. */
export interface SaveCase {
  readonly saved: number;
  /** Whether to save without temporary files. */
  readonly inPlace?: boolean;
}

/** What a kill left, and what was seen of it. */
export interface KilledSave extends KillAt {
  /** What was called. */
  readonly call: string;
  /** The newest step that was there, 0 for none. */
  readonly found: number;
  /** What was not as it must be. */
  readonly bad?: string;
}

/** Every file of a store. */
type Files = Readonly<Record<string, string>>;

/** A moment of a save, with what is called then. */
export type Moment = Omit<KilledSave, 'found' | 'bad'>;

/** The moments at which a save may be killed; right after a call is told apart from right before the next. */
function momentsOf(calls: readonly string[]): Moment[] {
  return calls.flatMap((call, at) => {
    const when = call === 'write' ? (['before', 'middle', 'after'] as const) : (['before', 'after'] as const);
    return when.map((each) => ({ at, when: each, call }));
  });
}

/**
 * Kills the process of one save at moments of it, each in a folder of its own, and goes on as a user would.
 * @param wanted - of the moments there are; default: every one
 */
export async function killAtCalls(
  saveCase: SaveCase,
  wanted: (moments: readonly Moment[]) => readonly Moment[] = (all) => all,
): Promise<{ calls: readonly string[]; kills: readonly KilledSave[] }> {
  return withSaveCase(saveCase, {}, async ({ next, startFrom, look }) => {
    const calls = await undisturbed(next(), startFrom('whole'));
    const kills: KilledSave[] = [];
    for (const moment of wanted(momentsOf(calls))) {
      const { at, when } = moment;
      const seen = await look(next(), { ...startFrom(`${at}-${when}`), kill: { at, when } });
      expect(seen, `whether it died ${when} call ${at}`).toBeDefined();
      kills.push({ ...moment, ...seen! });
    }
    return { calls, kills };
  });
}

/** What was seen after a kill. */
export type Seen = Pick<KilledSave, 'found' | 'bad'>;

/**
 * Kills the process of one save from outside, again and again, until one comes to its end.
 * @param attach - sees to it that a process which is ready to save dies of its nth call
 * @param env - of the processes
 */
export async function killFromOutside(
  saveCase: SaveCase,
  attach: (saver: Saver, nth: number) => Promise<void>,
  env: Readonly<Record<string, string>>,
): Promise<readonly Seen[]> {
  return withSaveCase(saveCase, env, async ({ next, startFrom, look }) => {
    const kills: Seen[] = [];
    for (let nth = 1; ; nth++) {
      const saver = next();
      await attach(saver, nth);
      const seen = await look(saver, startFrom(String(nth)));
      if (seen === undefined) return kills;
      kills.push(seen);
    }
  });
}

/** What it takes to kill saves of one case. */
interface Saves {
  readonly next: () => Saver;
  /** A folder that holds what was saved before, and the order to save once more. */
  readonly startFrom: (name: string) => SavingOrder;
  /** Gives a process its order and looks at what it leaves; undefined if it lives on to the end. */
  readonly look: (saver: Saver, what: SavingOrder) => Promise<Seen | undefined>;
}

async function withSaveCase<T>(
  { saved, inPlace }: SaveCase,
  env: Readonly<Record<string, string>>,
  use: (saves: Saves) => Promise<T>,
): Promise<T> {
  const root = temporaryFolder();
  const stages = await stagesOf(root, saved);
  const startFrom = (name: string): SavingOrder => {
    const folder = join(root, name);
    if (saved > 0) cpSync(folderAfter(root, saved), folder, { recursive: true });
    return { ...{ configHash, first: saved + 1, last: saved + 1, inPlace }, directory: join(folder, 'checkpoints') };
  };
  const look = (saver: Saver, what: SavingOrder) => killed(saver, what, stages);
  return withSavers((next) => use({ next, startFrom, look }), env);
}

const folderAfter = (root: string, step: number) => join(root, `after-${step}`);

/** The files of a store that was never disturbed, by the number of steps saved: up to two more than before. */
async function stagesOf(root: string, saved: number): Promise<Files[]> {
  const stages: Files[] = [];
  for (let last = 0; last <= saved + 2; last++) {
    const directory = join(folderAfter(root, last), 'checkpoints');
    const store = await CheckpointStore.open(directory, { configHash });
    for (let step = 1; step <= last; step++) await store.save(contentOf(step, scoreOf(step)));
    stages.push(filesIn(directory));
  }
  return stages;
}

async function undisturbed(saver: Saver, what: SavingOrder): Promise<readonly string[]> {
  order(saver, what);
  const { code, lines } = await endOf(saver);
  expect(code).toBe(0);
  return JSON.parse(lines.at(-1)!);
}

async function killed(saver: Saver, what: SavingOrder, stages: readonly Files[]): Promise<Seen | undefined> {
  order(saver, what);
  const { code, signal, lines } = await endOf(saver);
  if (code === 0) return undefined;
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' });
  const isDurable = lines.includes(String(what.first));
  const found = newestIn(what.directory);
  try {
    await expectOldOrNew(what, stages, isDurable);
    return { found };
  } catch (cause) {
    return { found, bad: (cause as Error).message };
  }
}

/**
 * Whole files of the steps before and of the one being saved, and unfinished ones by their names; the next save brings the
 * store to where one is that was never disturbed.
 */
async function expectOldOrNew({ directory, first }: SavingOrder, stages: readonly Files[], isDurable: boolean) {
  const saved = first - 1;
  const known = { ...stages[saved], ...stages[first] };
  for (const [name, bytes] of Object.entries(filesIn(directory))) {
    if (!isTemporaryName(name)) expect(`${name}: ${bytes}`).toBe(`${name}: ${known[name]}`);
  }
  const latest = await expectConsistent(directory, saved);
  if (isDurable) expect(latest).toBe(first);
  const store = await CheckpointStore.open(directory, { configHash });
  await store.save(contentOf(latest + 1, scoreOf(latest + 1)));
  expect(filesIn(directory)).toEqual(stages[latest + 1]);
}

const filesIn = (directory: string): Files =>
  Object.fromEntries(
    (existsSync(directory) ? readdirSync(directory) : []).map((name) => [
      name,
      readFileSync(join(directory, name)).toString('base64'),
    ]),
  );

const newestIn = (directory: string): number =>
  Math.max(
    0,
    ...Object.keys(filesIn(directory)).map((name) => Number(/^step-(\d+)\.safetensors$/.exec(name)?.[1] ?? 0)),
  );
