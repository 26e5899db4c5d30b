import { readdirSync } from 'node:fs';
import { afterAll, describe, expect, it, test } from 'vitest';
import { CheckpointStore } from '../checkpoints/checkpoint-store.ts';
import { configHash, contentOf, expectConsistent, scoreOf } from '../checkpoints/killed-saves.fixture.ts';
import { ERRORS, failAtEveryCall } from './disk-errors.fixture.ts';
import { JsonLinesLog, readJsonLines } from './json-lines-log.ts';
import { smallDisks } from './small-disk.fixture.ts';
import { ROTATION, WRITERS } from './writers.fixture.ts';

test.each(ERRORS)('%s at any call of saves that drop older checkpoints loses nothing', async (errno) => {
  const { numCalls, numRefused } = await failAtEveryCall(WRITERS[ROTATION], errno);
  expect(numRefused).toBeGreaterThan(numCalls / 3);
});

describe.each(smallDisks())('a $kind that is full', (small) => {
  afterAll(() => small.remove());

  /** A checkpoint of some blocks. */
  const largeOf = (step: number) => {
    const content = contentOf(step, scoreOf(step));
    const weight = { dtype: 'F32' as const, shape: [4096], data: new Float32Array(4096).fill(step) };
    return { ...content, tensors: new Map([...content.tensors, ['large', weight]]) };
  };

  it('refuses a checkpoint, keeps the ones before and leaves nothing behind, whatever room there was', async () => {
    const folder = small.folderOf('checkpoints');
    const store = await CheckpointStore.open(folder, { configHash, disk: small.disk });
    for (const step of [1, 2]) await store.save(contentOf(step, scoreOf(step)));
    for (let blocks = 0; blocks < 4; blocks++) {
      small.fill(blocks);
      await expect(store.save(largeOf(3)), `${blocks} blocks free`).rejects.toMatchObject({
        code: 'DISK_FULL',
        message: expect.stringMatching(/step-00000003\.safetensors could not be written: .*ENOSPC/),
      });
      small.free();
      expect(readdirSync(folder).sort(), `${blocks} blocks free`).toEqual([
        'step-00000001.safetensors',
        'step-00000002.safetensors',
      ]);
      expect(await expectConsistent(folder, 2)).toBe(2);
    }
    await store.save(contentOf(3, scoreOf(3)));
    expect(await expectConsistent(folder, 3)).toBe(3);
  });

  it('refuses a row, keeps the ones before and takes it once there is space', async () => {
    const path = small.folderOf('metrics.jsonl');
    const log = await JsonLinesLog.open(path, { disk: small.disk });
    await log.append({ step: 1 });
    const row = { step: 2, text: 'x'.repeat(20_000) };
    for (let blocks = 0; blocks < 4; blocks++) {
      small.fill(blocks);
      await expect(log.append(row)).rejects.toMatchObject({ code: 'DISK_FULL' });
      expect(await readJsonLines(path)).toEqual([{ step: 1 }]);
      small.free();
    }
    await log.append(row);
    await log.close();
    expect(await readJsonLines(path)).toEqual([{ step: 1 }, row]);
  });
});
