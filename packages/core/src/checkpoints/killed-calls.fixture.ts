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
  { saved, inPlace }: SaveCase,
  wanted: (moments: readonly Moment[]) => readonly Moment[] = (all) => all,
): Promise<{ calls: readonly string[]; kills: readonly KilledSave[] }> {
  const root = temporaryFolder();
  const stages = await stagesOf(root, saved);
  return withSavers(async (next) => {
    const startFrom = (name: string): SavingOrder => {
      const folder = join(root, name);
      if (saved > 0) cpSync(folderAfter(root, saved), folder, { recursive: true });
      return { ...{ configHash, first: saved + 1, last: saved + 1, inPlace }, directory: join(folder, 'checkpoints') };
    };
    const calls = await undisturbed(next(), startFrom('whole'));
    const kills: KilledSave[] = [];
    for (const moment of wanted(momentsOf(calls))) {
      const { at, when } = moment;
      const given = { ...startFrom(`${at}-${when}`), kill: { at, when } };
      kills.push({ ...moment, ...(await killAt(next(), given, stages)) });
    }
    return { calls, kills };
  });
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

async function killAt(
  saver: Saver,
  what: SavingOrder,
  stages: readonly Files[],
): Promise<Pick<KilledSave, 'found' | 'bad'>> {
  order(saver, what);
  const { code, signal, lines } = await endOf(saver);
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
