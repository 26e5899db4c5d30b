import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failingDisk, KILLED } from '../files/failing-disk.fixture.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { sealOf } from './checkpoint-seal.ts';
import { CheckpointStore, loadCheckpoint } from './checkpoint-store.ts';
import { configHash, contentOf, expectConsistent, killWhileSaving, scoreOf } from './killed-saves.fixture.ts';
import { writeSafetensors } from './safetensors.ts';

async function saveAll(directory: string, scores: readonly (number | undefined)[]): Promise<CheckpointStore> {
  const store = await CheckpointStore.open(directory, { configHash });
  for (const [index, score] of scores.entries()) await store.save(contentOf(index + 1, score));
  return store;
}

const stepsIn = (directory: string) =>
  readdirSync(directory)
    .map((name) => Number(/^step-(\d{8})\.safetensors$/.exec(name)![1]))
    .sort((a, b) => a - b);

/** A file that a process is in the middle of writing. */
const unfinished = (directory: string, writer: number) =>
  join(directory, `.step-00000001.safetensors.${writer}-0123456789ab.tmp`);

describe('a checkpoint store', () => {
  it('gives back what was saved: tensors, state, step and score', async () => {
    const store = await saveAll(join(temporaryFolder(), 'checkpoints'), [0.25]);
    const latest = await store.latest();
    expect(latest).toEqual({
      path: join(store.directory, 'step-00000001.safetensors'),
      step: 1,
      score: 0.25,
      configHash,
    });
    const loaded = await store.load(latest.path);
    expect(loaded).toEqual({ ...latest, tensors: contentOf(1).tensors, state: { step: 1, name: 'größe' } });
  });

  it('keeps the last two and the best, as a model of it says', async () => {
    const scores = fc.array(fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(scores, async (given) => {
        const store = await saveAll(temporaryFolder(), given);
        const known = given.filter((score) => score !== undefined);
        const bestStep = known.length > 0 ? given.indexOf(Math.min(...known)) + 1 : undefined;
        const expected = new Set([given.length - 1, given.length, bestStep ?? given.length].filter((step) => step > 0));
        expect(stepsIn(store.directory)).toEqual([...expected].sort((a, b) => a - b));
        expect((await store.list()).map(({ step }) => step)).toEqual(stepsIn(store.directory));
        expect((await store.latest()).step).toBe(given.length);
        if (bestStep !== undefined) expect((await store.best()).step).toBe(bestStep);
      }),
      { numRuns: 15 },
    );
  });

  it('keeps as many of the last as it is told to, and the best', async () => {
    const directory = temporaryFolder();
    const store = await CheckpointStore.open(directory, { configHash, keep: 4 });
    for (let step = 1; step <= 9; step++) await store.save(contentOf(step, step === 2 ? 0 : 1));
    expect(stepsIn(directory)).toEqual([2, 6, 7, 8, 9]);
  });

  it('knows the best again when it is opened anew, because the files say it', async () => {
    const { directory } = await saveAll(temporaryFolder(), [3, 1, 2, 2, 2]);
    const store = await CheckpointStore.open(directory, { configHash });
    expect((await store.best()).step).toBe(2);
    await store.save(contentOf(6, 0.5));
    expect(stepsIn(directory)).toEqual([5, 6]);
  });

  it('counts a score that is not finite as not measured', async () => {
    const store = await saveAll(temporaryFolder(), [Number.NaN, Number.NEGATIVE_INFINITY, 4]);
    expect((await store.best()).step).toBe(3);
  });

  it('saves one step twice as the second time', async () => {
    const store = await saveAll(temporaryFolder(), [1]);
    await store.save({ ...contentOf(1, 2), state: 'again' });
    expect((await store.load((await store.latest()).path)).state).toBe('again');
    expect((await store.best()).score).toBe(2);
  });

  it('sorts steps by number', async () => {
    const store = await CheckpointStore.open(temporaryFolder(), { configHash });
    for (const step of [99_999_999, 100_000_000]) await store.save(contentOf(step));
    expect((await store.latest()).step).toBe(100_000_000);
  });

  it('removes what a killed save left, and nothing else', async () => {
    const directory = temporaryFolder();
    // More than a system's largest process number; and that of an earlier process, which was that of this one.
    for (const writer of [99_999_999, process.pid]) writeFileSync(unfinished(directory, writer), 'half');
    writeFileSync(join(directory, 'notes.txt'), 'mine');
    const store = await CheckpointStore.open(directory, { configHash });
    expect(readdirSync(directory)).toEqual(['notes.txt']);
    await expect(store.latest()).rejects.toThrow(/CHECKPOINT_MISSING: there is no checkpoint in/);
    await expect(store.best()).rejects.toThrow(/CHECKPOINT_MISSING: there is no checkpoint with a score in/);
  });

  it('leaves what another process is saving', async () => {
    const directory = temporaryFolder();
    writeFileSync(unfinished(directory, process.ppid), 'half');
    await CheckpointStore.open(directory, { configHash });
    expect(readdirSync(directory)).toHaveLength(1);
  });

  it('changes nothing where it only reads', async () => {
    const { directory } = await saveAll(temporaryFolder(), [1]);
    writeFileSync(unfinished(directory, process.pid), 'half');
    const before = readdirSync(directory);
    const store = CheckpointStore.reading(directory, { configHash });
    expect((await store.load((await store.latest()).path)).step).toBe(1);
    expect(readdirSync(directory)).toEqual(before);
    const absent = join(directory, 'absent');
    await expect(CheckpointStore.reading(absent, { configHash }).latest()).rejects.toThrow(/CHECKPOINT_MISSING/);
    expect(existsSync(absent)).toBe(false);
  });

  it('refuses to load a checkpoint of another configuration', async () => {
    const { directory } = await saveAll(temporaryFolder(), [1]);
    const other = await CheckpointStore.open(directory, { configHash: 'config-b' });
    const { path } = await other.latest();
    await expect(other.load(path)).rejects.toThrow(
      /CHECKPOINT_MISMATCH: .*step-00000001.safetensors belongs to configuration config-a, this run has config-b/,
    );
    expect((await loadCheckpoint(path)).step).toBe(1);
    await expect(loadCheckpoint(path, { configHash: 'config-b' })).rejects.toMatchObject({
      code: 'CHECKPOINT_MISMATCH',
    });
  });

  it('refuses a path where there is nothing', async () => {
    const store = await saveAll(temporaryFolder(), [1]);
    await expect(store.load(join(store.directory, 'step-00000009.safetensors'))).rejects.toThrow(/CHECKPOINT_MISSING/);
  });

  it('names the newest file if it is corrupt, and never takes another silently', async () => {
    const store = await saveAll(temporaryFolder(), [1, 2, 3]);
    const { path } = await store.latest();
    truncateSync(path, readFileSync(path).length - 1);
    for (const ask of [() => store.latest(), () => store.best(), () => store.list(), () => store.load(path)]) {
      await expect(ask()).rejects.toThrow(/FILE_CORRUPT: .*step-00000003.safetensors is not a whole/);
    }
    await expect(store.latest()).rejects.toThrow(
      /To go on from step-00000002\.safetensors beside it, delete .*-00000003/,
    );
    await store.save(contentOf(4, 9));
    expect(stepsIn(store.directory)).toEqual([1, 2, 3, 4]);
  });

  it('notices a single flipped bit anywhere in the tensors', async () => {
    const store = await saveAll(temporaryFolder(), [1]);
    const { path } = await store.latest();
    const whole = readFileSync(path);
    for (let at = 8 + Number(whole.readBigUInt64LE()); at < whole.length; at++) {
      const flipped = Buffer.from(whole);
      flipped[at] ^= 1 << (at % 8);
      writeFileSync(path, flipped);
      await expect(store.load(path)).rejects.toThrow(/FILE_CORRUPT: .*SHA-256/);
    }
  });

  const wrongMetadata: [string, Record<string, string>, RegExp][] = [
    ['of a newer format', { formatVersion: '3' }, /FORMAT_VERSION: .*formatVersion 3.*install foretoken@latest/],
    ['of an older format', { formatVersion: '1' }, /FORMAT_VERSION: .*formatVersion 1.*"foretoken upgrade .*"/],
    ['of somebody else', { formatVersion: '' }, /FORMAT_VERSION/],
    ['with a step that is no number', { step: 'x' }, /FILE_CORRUPT: .*step/],
    ['with another step than its name', { step: '2' }, /FILE_CORRUPT: .*it holds step 2/],
    ['with a score that is no number', { score: 'low' }, /FILE_CORRUPT: .*score/],
    ['with a state that is no JSON', { state: '{' }, /FILE_CORRUPT: .*state is not JSON/],
    ['with another hash than its tensors', { sha256: '00' }, /FILE_CORRUPT: .*SHA-256/],
  ];
  it.each(wrongMetadata)('refuses a file %s', async (_, metadata, message) => {
    const store = await saveAll(temporaryFolder(), []);
    const path = join(store.directory, 'step-00000001.safetensors');
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    const right = { formatVersion: '2', step: '1', configHash, state: '{}', sha256: empty };
    const write = (content: Record<string, string>) => writeSafetensors(path, new Map(), content);
    const sealed = (content: Record<string, string>) => ({
      seal: sealOf(new Map(Object.entries(content)), new Map()),
      ...content,
    });
    await write(sealed(right));
    expect((await store.load(path)).state).toEqual({});
    await write(sealed({ ...right, ...metadata }));
    await expect(store.load(path)).rejects.toThrow(message);
    await write(right);
    await expect(store.load(path)).rejects.toThrow(/FILE_CORRUPT: .*sealed/);
  });

  it('refuses a safetensors file that is no checkpoint', async () => {
    const python = fileURLToPath(new URL('./fixtures/python.safetensors', import.meta.url));
    await expect(loadCheckpoint(python)).rejects.toThrow(/FILE_CORRUPT: .*no checkpoint of Foretoken/);
  });

  it('that cannot be made names its folder', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    await expect(CheckpointStore.open(join(file, 'checkpoints'), { configHash })).rejects.toThrow(
      /FILE_WRITE: .*file could not be written: .*EEXIST/,
    );
  });
});

describe('a save that does not come to its end', () => {
  it('because of a kill at any call leaves a store that opens with the old or the new checkpoint', async () => {
    const { disk: counting, calls } = failingDisk(() => undefined);
    const first = await saveAll(temporaryFolder(), [1, 2, 3].map(scoreOf));
    await (await CheckpointStore.open(first.directory, { configHash, disk: counting })).save(contentOf(4, scoreOf(4)));
    expect(calls.filter((call) => call === 'rm')).toHaveLength(1);
    for (let last = 0; last < calls.length; last++) {
      const { directory } = await saveAll(temporaryFolder(), [1, 2, 3].map(scoreOf));
      const { disk } = failingDisk((_, index) => (index === last ? KILLED : undefined));
      const store = await CheckpointStore.open(directory, { configHash, disk });
      // The calls after the last change only read; a kill there comes too late to be seen.
      await store.save(contentOf(4, scoreOf(4))).catch(() => {});
      await expectConsistent(directory, 3);
    }
  });

  it.each(['ENOSPC', 'EIO'])(
    'because of %s leaves the old ones intact and lets the next one through',
    async (errno) => {
      for (let failing = 0; failing < 5; failing++) {
        const { directory } = await saveAll(temporaryFolder(), [1, 2, 3].map(scoreOf));
        const before = stepsIn(directory);
        let isFailing = true;
        const { disk } = failingDisk((_, index) => (isFailing && index === failing ? errno : undefined));
        const store = await CheckpointStore.open(directory, { configHash, disk });
        await expect(store.save(contentOf(4, scoreOf(4)))).rejects.toMatchObject({
          code: errno === 'ENOSPC' ? 'DISK_FULL' : 'FILE_WRITE',
        });
        expect(stepsIn(directory)).toEqual(before);
        isFailing = false;
        await store.save(contentOf(4, scoreOf(4)));
        expect(await expectConsistent(directory, 4)).toBe(4);
      }
    },
  );

  it('because of SIGKILL loses at most that save', async () => {
    await killWhileSaving(temporaryFolder(), 3, 0);
  });
});
