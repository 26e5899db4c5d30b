import { isForetokenError } from '@foretoken/engine/errors';
import { expect } from 'vitest';
import { CheckpointStore } from '../../checkpoints/checkpoint-store.ts';
import { configHash, contentOf, scoreOf } from '../../checkpoints/killed-saves.fixture.ts';
import { readTokenCache, writeTokenCache } from '../../data/token-cache.ts';
import { expectTokens, tokenizingJob } from '../../data/tokenizing.fixture.ts';
import { makeOldFolder, statesOf, upgradeOldFolder } from '../../upgrade/old-folder.fixture.ts';
import { readJson, writeJson } from '../json-file.ts';
import { JsonLinesLog, readJsonLines } from '../json-lines-log.ts';
import { makeFolder } from '../make-folder.ts';
import type { CrashState } from './crash-states.fixture.ts';
import type { Trace } from './examine.fixture.ts';
import { MemoryDisk, type Operation } from './memory-disk.fixture.ts';

const CHECKPOINTS = '/runs/a/checkpoints';

/** Saves a store's steps; of those before `from` the disk is sure. */
async function recordSaves(from: number, to: number): Promise<Operation[]> {
  const memory = new MemoryDisk();
  const { disk } = memory;
  if (from === 1) await disk.mkdir('/runs');
  memory.settle();
  const store = await CheckpointStore.open(CHECKPOINTS, { configHash, disk });
  for (let step = 1; step <= to; step++) {
    await store.save(contentOf(step, scoreOf(step)));
    memory.promise(String(step));
    if (step === from - 1) memory.settle();
  }
  return memory.journal;
}

/** What was saved is there, whole; the newest is the last one promised or the one after it; and the next one can be saved. */
async function checkStore({ disk: { disk }, promises }: CrashState): Promise<void> {
  const saved = Number(promises.at(-1) ?? 0);
  const store = await CheckpointStore.open(CHECKPOINTS, { configHash, disk });
  const names = await disk.readdir(CHECKPOINTS);
  expect(names.filter((name) => !name.endsWith('.safetensors'))).toEqual([]);
  const list = await store.list();
  for (const { path, step } of list) {
    const { tensors, state, score } = await store.load(path);
    expect({ tensors, state, score }).toEqual({ ...contentOf(step), step: undefined, score: scoreOf(step) });
  }
  const latest = list.at(-1)?.step ?? 0;
  expect([saved, saved + 1]).toContain(latest);
  if (latest > 0) expect((await store.best()).score).toBe(lowestScore(latest));
  await store.save(contentOf(latest + 1, scoreOf(latest + 1)));
  expect((await store.latest()).step).toBe(latest + 1);
}

const lowestScore = (latest: number) => Math.min(...Array.from({ length: latest }, (_, index) => scoreOf(index + 1)));

const RESULTS = '/ablation/results.json';

/** Results written, and written again with more in them. */
async function recordResults(): Promise<Operation[]> {
  const memory = new MemoryDisk();
  const { disk } = memory;
  await makeFolder('/ablation', { disk });
  for (const numArms of [1, 2, 3]) {
    await writeJson(RESULTS, resultsOf(numArms), { disk });
    memory.promise(String(numArms));
  }
  return memory.journal;
}

const resultsOf = (numArms: number) => ({
  arms: Array.from({ length: numArms }, (_, arm) => ({ name: `arm ${arm}` })),
});

async function checkResults({ disk: { disk }, promises }: CrashState): Promise<void> {
  const written = Number(promises.at(-1) ?? 0);
  const read = await readJson(RESULTS, { disk }).catch((cause) => {
    if (written > 0) throw cause;
    expect(cause).toMatchObject({ code: 'FILE_READ' });
    return { formatVersion: 2, ...resultsOf(1) };
  });
  expect([written, written + 1].map((numArms) => ({ formatVersion: 2, ...resultsOf(numArms) }))).toContainEqual(read);
}

const LOG = '/run/metrics.jsonl';

/**
 * A run that is killed before its log was ever flushed, and one in its place that begins anew, goes on from a checkpoint at
 * step 3, and drops two rows for that.
 */
async function recordLog(): Promise<Operation[]> {
  const memory = new MemoryDisk();
  const { disk } = memory;
  await disk.mkdir('/run');
  memory.settle();
  const killed = await JsonLinesLog.open(LOG, { disk });
  for (const step of [1, 2]) await killed.append({ step, by: 'killed' });
  const log = await JsonLinesLog.open(LOG, { disk });
  await log.truncateAfter(() => false);
  memory.promise('without: killed');
  for (const step of [1, 2, 3]) await log.append({ step, by: 'first' });
  await log.flush();
  memory.promise('rows: 3');
  for (const step of [4, 5]) await log.append({ step, by: 'lost' });
  await log.truncateAfter((row) => (row.step as number) <= 3);
  memory.promise('without: lost');
  for (const step of [4, 5]) await log.append({ step, by: 'again' });
  await log.close();
  memory.promise('rows: 5');
  return memory.journal;
}

/** What was flushed is read after going on, what was cut is gone; what is read before says no row that was not written. */
async function checkLog({ disk: { disk }, promises }: CrashState): Promise<void> {
  const last = (kind: string) => promises.filter((each) => each.startsWith(kind)).map((each) => each.split(': ')[1]);
  const numRows = Number(last('rows').at(-1) ?? 0);
  const raw = await readJsonLines(LOG, { disk }).catch((cause) => {
    if (isForetokenError(cause) && cause.code === (numRows > 0 ? 'FILE_CORRUPT' : cause.code)) return [];
    throw cause;
  });
  expect(raw.map(({ step }) => step)).toEqual(raw.map((_, index) => index + 1));
  expect(raw.filter(({ by }) => last('without').includes(by as string))).toEqual([]);
  if (numRows === 0 && raw.length === 0) return;
  const log = await JsonLinesLog.open(LOG, { disk });
  expect(await log.truncateAfter(({ step }) => (step as number) <= numRows)).toBe(numRows);
  await log.append({ step: numRows + 1 });
  await log.close();
  const by =
    numRows === 5 ? ['first', 'first', 'first', 'again', 'again'] : ['first', 'first', 'first'].slice(0, numRows);
  expect(await readJsonLines(LOG, { disk })).toEqual([
    ...by.map((each, index) => ({ step: index + 1, by: each })),
    { step: numRows + 1 },
  ]);
}

const TOKENS = `/runs/.tokens/${'0'.repeat(64)}`;
async function recordTokens(): Promise<Operation[]> {
  const memory = new MemoryDisk();
  const { disk } = memory;
  await disk.mkdir('/runs');
  memory.settle();
  await writeTokenCache(TOKENS, tokenizingJob, { disk });
  memory.promise('tokens');
  return memory.journal;
}

/** Tokens that are found are right, those that were promised are found, and what is not can be made. */
async function checkTokens({ disk: { disk }, promises }: CrashState): Promise<void> {
  const found = await readTokenCache(TOKENS, { disk });
  if (promises.length > 0) expect(found).toBeDefined();
  if (found === undefined) await writeTokenCache(TOKENS, tokenizingJob, { disk });
  await expectTokens(TOKENS, disk);
}

/** A folder of an older version and the one in its place. */
async function recordUpgrade(): Promise<Operation[]> {
  const memory = new MemoryDisk();
  await makeOldFolder(memory.disk, '/runs');
  memory.settle();
  await upgradeOldFolder(memory.disk, '/runs');
  memory.promise('upgraded');
  return memory.journal;
}

/**
 * The old folder is there or the new one, whole, under a name that the next upgrade looks for; once it was promised, both are.
 *
 * A name that a rename took away may be durably gone before the other is there, or still be there beside it: no file
 * system that keeps renames whole does this, and yet nothing is lost by it.
 */
async function checkUpgrade({ disk: { disk }, promises }: CrashState): Promise<void> {
  const before = (await statesOf(disk, '/runs')).slice(0, 3);
  const last = [
    ['new', 'old', undefined],
    ['new', 'old', 'new'],
  ];
  const all = [
    ['old', undefined, undefined],
    ['old', undefined, 'new'],
    ['old', 'old', 'new'],
    [undefined, undefined, 'new'],
    [undefined, 'old', 'new'],
    [undefined, 'old', undefined],
    ...last,
  ];
  expect(promises.length > 0 ? [last[0]] : all).toContainEqual(before);
  if (before[0] === 'old' && before[1] === 'old') {
    await expect(upgradeOldFolder(disk, '/runs')).rejects.toMatchObject({ code: 'RUN_EXISTS' });
    return;
  }
  await upgradeOldFolder(disk, '/runs');
  const [folder, backup, ready, ...others] = await statesOf(disk, '/runs');
  expect(folder).toBe('new');
  if (String(before) !== ',,new') expect(backup).toBe('old');
  if (before[0] !== 'new') expect([ready, ...others]).toEqual([undefined]);
}

/** Everything here that promises to be durable. */
export const TRACES: Readonly<Record<string, Trace>> = {
  'a first checkpoint, its folders new': { record: () => recordSaves(1, 1), check: checkStore },
  'saves that drop older checkpoints': { record: () => recordSaves(4, 6), check: checkStore },
  'results that are written anew': { record: recordResults, check: checkResults },
  'metrics, killed and gone on with': { record: recordLog, check: checkLog },
  'a folder of tokens, new': { record: recordTokens, check: checkTokens },
  'a folder that is upgraded': { record: recordUpgrade, check: checkUpgrade },
};
