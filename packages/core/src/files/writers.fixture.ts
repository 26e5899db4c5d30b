import { basename, dirname } from 'node:path';
import { expect } from 'vitest';
import { CheckpointStore } from '../checkpoints/checkpoint-store.ts';
import { configHash, contentOf, scoreOf } from '../checkpoints/killed-saves.fixture.ts';
import { readTokenCache, writeTokenCache } from '../data/token-cache.ts';
import { expectTokens, tokenizingJob } from '../data/tokenizing.fixture.ts';
import { EventFile } from '../training/event-file/event-file.ts';
import { makeOldFolder, statesOf, upgradeOldFolder } from '../upgrade/old-folder.fixture.ts';
import type { Disk } from './disk.ts';
import { readJson, writeJson } from './json-file.ts';
import { JsonLinesLog, readJsonLines } from './json-lines-log.ts';
import { makeFolder } from './make-folder.ts';

/** What one of those who write does, step by step, and what must be there after so many steps. */
export interface Writer {
  /** What is there before anything fails. */
  prepare?(disk: Disk): Promise<void>;
  /** Each may be tried again after it failed. */
  steps(disk: Disk): readonly (() => Promise<unknown>)[];
  /** After `done` steps, and of the next one all or nothing. */
  check(disk: Disk, done: number): Promise<void>;
}

const CHECKPOINTS = '/run/checkpoints';
const LOG = '/run/metrics.jsonl';
const EVENTS = '/run/events';
const RESULTS = '/run/a/results.json';
const TOKENS = `/run/.tokens/${'0'.repeat(64)}`;

const save = async (disk: Disk, steps: readonly number[]) => {
  const store = await CheckpointStore.open(CHECKPOINTS, { configHash, disk });
  for (const step of steps) await store.save(contentOf(step, scoreOf(step)));
};

const saves: Writer = {
  prepare: (disk) => save(disk, [1, 2, 3]),
  steps(disk) {
    let store: CheckpointStore;
    return [
      async () => {
        store = await CheckpointStore.open(CHECKPOINTS, { configHash, disk });
      },
      ...[4, 5].map((step) => () => store.save(contentOf(step, scoreOf(step)))),
    ];
  },
  async check(disk, done) {
    const store = CheckpointStore.reading(CHECKPOINTS, { configHash, disk });
    const saved = Math.max(3, 2 + done);
    expect([saved, saved + 1]).toContain((await store.latest()).step);
    for (const { path, step } of await store.list()) {
      const { tensors, state, score } = await store.load(path);
      expect({ tensors, state, score }).toEqual({ ...contentOf(step), step: undefined, score: scoreOf(step) });
    }
    expect((await store.best()).step).toBe(1);
    expect(await disk.readdir(CHECKPOINTS)).toEqual(expect.not.arrayContaining([expect.stringMatching(/\.tmp$/)]));
  },
};

const firstSave: Writer = {
  steps: (disk) => [() => save(disk, [1])],
  async check(disk, done) {
    const store = CheckpointStore.reading(CHECKPOINTS, { configHash, disk });
    const found = await store.list();
    if (done > 0) expect(found).toHaveLength(1);
    for (const { path } of found) expect((await store.load(path)).tensors).toEqual(contentOf(1).tensors);
    const names = found.length > 0 || done > 0 ? await disk.readdir(CHECKPOINTS) : [];
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  },
};

const row = (step: number) => ({ step, loss: step / 2, seconds: 0.5 });

const log: Writer = {
  async prepare(disk) {
    await makeFolder('/run', { disk });
    await (await disk.open(LOG, 'a+')).write(Buffer.from('{"step":1}\n{"st'));
  },
  steps(disk) {
    let own: JsonLinesLog;
    return [
      async () => {
        own = await JsonLinesLog.open(LOG, { disk });
      },
      () => own.append({ step: 2 }),
      () => own.append({ step: 3 }),
      () => own.flush(),
      () => own.truncateAfter(({ step }) => (step as number) < 3),
      () => own.append({ step: 33 }),
      () => own.flush(),
    ];
  },
  async check(disk, done) {
    const states = [[1], [1], [1, 2], [1, 2, 3], [1, 2, 3], [1, 2], [1, 2, 33], [1, 2, 33]];
    const steps = (await readJsonLines(LOG, { disk })).map(({ step }) => step);
    expect([states[done], states[done + 1]]).toContainEqual(steps);
  },
};

const events: Writer = {
  prepare: (disk) => makeFolder('/run', { disk }),
  steps(disk) {
    const options = { startedMs: 0, offsets: [1], disk };
    let own: EventFile;
    return [
      async () => {
        own = await EventFile.open(EVENTS, [row(1)], options);
      },
      ...[2, 3].map((step) => () => own.append(row(step))),
    ];
  },
  async check(disk, done) {
    if (done < 3) return;
    const whole = await (await disk.open(EVENTS, 'r')).readFile();
    await EventFile.open('/run/expected', [1, 2, 3].map(row), { startedMs: 0, offsets: [1], disk });
    expect(whole).toEqual(await (await disk.open('/run/expected', 'r')).readFile());
  },
};

const results: Writer = {
  steps: (disk) => [
    () => makeFolder('/run/a', { disk }),
    ...[1, 2].map((value) => () => writeJson(RESULTS, { value }, { disk })),
  ],
  async check(disk, done) {
    const value = await readJson(RESULTS, { disk }).then(
      (read) => read.value,
      (cause) => {
        expect(cause).toMatchObject({ code: 'FILE_READ' });
        return 0;
      },
    );
    const written = Math.max(0, done - 1);
    expect([written, written + 1]).toContain(value);
    if (done > 0) expect((await disk.readdir('/run/a')).filter((name) => name !== 'results.json')).toEqual([]);
  },
};

const tokens: Writer = {
  steps: (disk) => [() => writeTokenCache(TOKENS, tokenizingJob, { disk })],
  async check(disk, done) {
    const found = await readTokenCache(TOKENS, { disk });
    if (done > 0 || found !== undefined) await expectTokens(TOKENS, disk);
    const beside = await disk.readdir(dirname(TOKENS)).catch(() => []);
    expect(beside).toEqual(found === undefined ? [] : [basename(TOKENS)]);
  },
};

const upgraded: Writer = {
  prepare: (disk) => makeOldFolder(disk, '/run'),
  steps: (disk) => [() => upgradeOldFolder(disk, '/run')],
  async check(disk, done) {
    const [folder, backup, ready, ...others] = await statesOf(disk, '/run');
    const states = [
      ['old', undefined, undefined],
      // Where nothing could be looked at or put back either; the same again ends it.
      ['old', undefined, 'new'],
      [undefined, 'old', 'new'],
      ['new', 'old', undefined],
    ];
    expect(done > 0 ? states.slice(-1) : states).toContainEqual([folder, backup, ready]);
    expect(others).toEqual([]);
  },
};

/** The one with the most calls. */
export const ROTATION = 'saves that drop older checkpoints';

/** All who write through this module. */
export const WRITERS: Readonly<Record<string, Writer>> = {
  'a first checkpoint': firstSave,
  [ROTATION]: saves,
  'a log': log,
  'an event file': events,
  results,
  'a folder of tokens': tokens,
  'a folder that is upgraded': upgraded,
};
