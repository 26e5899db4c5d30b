import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readResults, writeResults } from '../../packages/ablation/src/results/write-results.ts';
import { openAblationStore } from '../../packages/ablation/src/run/ablation-store.ts';
import { badStates, eachSyncMissing } from '../../packages/core/src/files/power-loss/examine.fixture.ts';
import { MemoryDisk } from '../../packages/core/src/files/power-loss/memory-disk.fixture.ts';

const QUICK = { exhaustiveUpTo: 64, numDrawn: 16, seed: 0 };
const ROOT = '/ablation';
const IDS = ['a1', 'b2'];

const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-power-loss-'));
afterAll(() => rmSync(folder, { recursive: true }));

const recordOf = (id) => ({
  ...{ id, seed: 0, experiment: {}, packages: {}, code: {}, engine: 'native', training: { key: 't' } },
  ...{ results: { loss: 2.5 }, timings: { seconds: 1 } },
});
const failureOf = (id) => ({ id, task: 'train', code: 'DISK_FULL', message: 'full' });
const resultsOf = (numArms) => ({ arms: IDS.slice(0, numArms).map((name) => ({ name })) });

/** What an ablation writes in the end: failed cells, records in their place, results of one arm and then of both. */
async function record() {
  const memory = new MemoryDisk();
  const options = { disk: memory.disk };
  const store = openAblationStore(ROOT, options);
  for (const [index, id] of IDS.entries()) {
    await store.writeFailure(failureOf(id));
    memory.promise(`failure ${id}`);
    await store.writeMeasured(recordOf(id));
    memory.promise(`measured ${id}`);
    await store.writeRecord(recordOf(id));
    memory.promise(`record ${id}`);
    await writeResults(store.paths, resultsOf(index + 1), options);
    memory.promise(`results ${index + 1}`);
  }
  return memory.journal;
}

let numFolders = 0;

/** The state as files, read as the next run reads it. */
async function check({ disk, promises }) {
  const root = path.join(folder, String(numFolders++));
  for (const [name, content] of disk.tree()) {
    if (name.endsWith('/')) mkdirSync(root + name, { recursive: true });
    else writeFileSync(root + name, content, 'latin1');
  }
  const store = openAblationStore(root + ROOT);
  for (const id of IDS) await checkCell(store, id, (what) => promises.includes(`${what} ${id}`));
  const numArms = promises.filter((each) => each.startsWith('results')).length;
  const results = await readResults(store.paths).catch((cause) => {
    expect(cause.code).toBe('RUN_NOT_FOUND');
    return { formatVersion: 2, ...resultsOf(0) };
  });
  expect([numArms, numArms + 1].map((num) => ({ formatVersion: 2, ...resultsOf(num) }))).toContainEqual(results);
  rmSync(root, { recursive: true });
}

/** A cell that has a record is finished, whatever else came back; one without has what was promised of it. */
async function checkCell(store, id, isPromised) {
  const [finished, failure, measured] = [
    await store.readRecord(id),
    await store.readFailure(id),
    await store.readMeasured(id),
  ];
  if (isPromised('record') || finished) {
    expect(finished).toEqual(recordOf(id));
    expect(failure).toBeUndefined();
    return;
  }
  if (isPromised('failure') || failure) expect(failure).toEqual(failureOf(id));
  if (isPromised('measured') || measured) expect(measured).toEqual(recordOf(id));
}

describe('power lost at any moment of an ablation that keeps its results', () => {
  it('leaves every cell and the results old or new, whole', async () => {
    const { bad, numStates } = await badStates(await record(), check, QUICK);
    expect(bad).toEqual([]);
    expect(numStates).toBeGreaterThan(100);
  });

  it('leaves something else if any one of its syncs is missing', async () => {
    const { needed, numSyncs } = await eachSyncMissing(await record(), check, QUICK);
    expect(needed).toEqual(Array.from({ length: numSyncs }, () => true));
    expect(numSyncs).toBeGreaterThan(15);
  });
});
