import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failingDisk } from './failing-disk.fixture.ts';
import { JsonLinesLog, readJsonLines } from './json-lines-log.ts';
import { temporaryFolder } from './temporary-folder.fixture.ts';

const newPath = () => join(temporaryFolder(), 'metrics.jsonl');

async function logOf(path: string, rows: readonly object[]): Promise<void> {
  const log = await JsonLinesLog.open(path);
  for (const row of rows) await log.append(row);
  await log.close();
}

describe('a JSON-lines log', () => {
  it('holds one object a line and goes on where it was left', async () => {
    const path = newPath();
    await logOf(path, [{ step: 1, text: 'two\nlines \u2028' }]);
    await logOf(path, [{ step: 2 }]);
    expect(readFileSync(path, 'utf8')).toBe('{"step":1,"text":"two\\nlines \u2028"}\n{"step":2}\n');
    expect(await readJsonLines(path)).toEqual([{ step: 1, text: 'two\nlines \u2028' }, { step: 2 }]);
  });

  it('cut at any byte reads as its whole lines, and takes further rows after them', async () => {
    const rows = [{ step: 1, loss: 2.5 }, { step: 2, note: 'größe' }, { step: 12 }];
    const whole = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length }), async (length) => {
        const path = newPath();
        writeFileSync(path, whole.subarray(0, length));
        const numWhole = whole.subarray(0, length).filter((byte) => byte === 10).length;
        expect(await readJsonLines(path)).toEqual(rows.slice(0, numWhole));
        await logOf(path, [{ step: 99 }]);
        expect(await readJsonLines(path)).toEqual([...rows.slice(0, numWhole), { step: 99 }]);
      }),
      { numRuns: 40 },
    );
  });

  it('finds the last line behind a torn one longer than a block, and in a log of many blocks', async () => {
    const path = newPath();
    writeFileSync(path, `{"step":1}\n{"text":"${'x'.repeat(200_000)}`);
    await logOf(path, [{ step: 2 }]);
    expect(await readJsonLines(path)).toEqual([{ step: 1 }, { step: 2 }]);
    const rows = Array.from({ length: 10_000 }, (_, step) => ({ step }));
    writeFileSync(path, `${rows.map((row) => JSON.stringify(row)).join('\n')}\n{"torn`);
    await logOf(path, [{ step: -1 }]);
    expect(await readJsonLines(path)).toEqual([...rows, { step: -1 }]);
  });

  it('drops the rows that a resumed run writes again', async () => {
    const path = newPath();
    await logOf(
      path,
      [1, 2, 3, 4].map((step) => ({ step })),
    );
    appendFileSync(path, '{"step":5');
    const log = await JsonLinesLog.open(path);
    expect(await log.truncateAfter((row) => (row.step as number) <= 2)).toBe(2);
    await log.append({ step: 3, again: true });
    await log.close();
    expect(readFileSync(path, 'utf8')).toBe('{"step":1}\n{"step":2}\n{"step":3,"again":true}\n');
  });

  it('keeps everything or nothing if the predicate says so', async () => {
    const path = newPath();
    await logOf(path, [{ step: 1 }, { step: 2 }]);
    const log = await JsonLinesLog.open(path);
    expect(await log.truncateAfter(() => true)).toBe(2);
    expect(await log.truncateAfter(() => false)).toBe(0);
    await log.append({ step: 7 });
    await log.close();
    expect(readFileSync(path, 'utf8')).toBe('{"step":7}\n');
  });

  it.each(['{"step":', '[1]', 'null', ''])('with the broken line %j in its middle is refused by line', async (line) => {
    const path = newPath();
    writeFileSync(path, `{"step":1}\n${line}\n{"step":3}\n`);
    await expect(readJsonLines(path)).rejects.toThrow(/FILE_CORRUPT: .*metrics.jsonl:2 is not a row/);
    const log = await JsonLinesLog.open(path);
    await expect(log.truncateAfter(() => true)).rejects.toThrow(/FILE_CORRUPT: .*:2/);
    await log.close();
  });

  it('is as before after a disk that filled up in the middle of a row', async () => {
    const path = newPath();
    let isFull = false;
    let writes = 0;
    const { disk } = failingDisk((call) => {
      if (call !== 'write' || !isFull) return undefined;
      writes += 1;
      return writes % 2 === 1 ? 'short' : 'ENOSPC';
    });
    const log = await JsonLinesLog.open(path, { disk });
    await log.append({ step: 1 });
    isFull = true;
    await expect(log.append({ step: 2 })).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(readFileSync(path, 'utf8')).toBe('{"step":1}\n');
    isFull = false;
    await log.append({ step: 2 });
    await log.close();
    expect(readFileSync(path, 'utf8')).toBe('{"step":1}\n{"step":2}\n');
  });

  it('on a failing disk names it when flushed', async () => {
    const { disk } = failingDisk((call) => (call === 'sync' ? 'EIO' : undefined));
    const log = await JsonLinesLog.open(newPath(), { disk });
    await expect(log.flush()).rejects.toThrow(/FILE_WRITE: .*EIO/);
    await expect(log.close()).rejects.toThrow(/EIO/);
  });

  it.skipIf(!existsSync('/dev/full'))('on a device that is really full says DISK_FULL', async () => {
    const log = await JsonLinesLog.open('/dev/full');
    await expect(log.append({ step: 1 })).rejects.toThrow(/DISK_FULL: \/dev\/full .*ENOSPC/);
  });

  it('that cannot be opened is FILE_WRITE, one that cannot be read FILE_READ', async () => {
    const path = join(temporaryFolder(), 'missing', 'metrics.jsonl');
    await expect(JsonLinesLog.open(path)).rejects.toThrow(/FILE_WRITE: .*ENOENT/);
    await expect(readJsonLines(path)).rejects.toThrow(/FILE_READ: .*ENOENT/);
  });
});
