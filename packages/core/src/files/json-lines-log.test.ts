import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Disk, realDisk } from './disk.ts';
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

  it('longer than what is read at once is cut after the right row, and read as it is', async () => {
    const path = newPath();
    const rows = Array.from({ length: 40_000 }, (_, step) => ({ step, text: 'x'.repeat(step % 60) }));
    const lines = rows.map((row) => `${JSON.stringify(row)}\n`);
    writeFileSync(path, lines.join(''));
    expect(lines.join('').length).toBeGreaterThan(2 ** 21);
    expect(await readJsonLines(path)).toEqual(rows);
    const log = await JsonLinesLog.open(path);
    for (const kept of [39_999, 25_000, 3]) {
      expect(await log.truncateAfter(({ step }) => (step as number) < kept)).toBe(kept);
      expect(readFileSync(path, 'utf8')).toBe(lines.slice(0, kept).join(''));
    }
    await log.close();
  });

  it('is read a mebibyte at a time, as far as it went when it was opened', async () => {
    const path = newPath();
    writeFileSync(path, `${JSON.stringify({ text: 'x'.repeat(2 ** 20) })}\n`.repeat(2));
    const asked: number[] = [];
    const open = async (...given: Parameters<Disk['open']>) => {
      const handle = await realDisk.open(...given);
      return new Proxy(handle, {
        get: (target, property) => {
          const value = Reflect.get(target, property, target);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]) => {
            if (property === 'read') asked.push((args[0] as Buffer).length);
            return value.apply(target, args);
          };
        },
      });
    };
    expect(await readJsonLines(path, { disk: { ...realDisk, open } as Disk })).toHaveLength(2);
    expect(asked).toEqual([2 ** 20, 2 ** 20, 2 * '{"text":""}\n'.length]);
  });

  it('that begins with an empty line has one, and is whole up to it', async () => {
    const path = newPath();
    writeFileSync(path, '\n{"step":1}\n');
    await expect(readJsonLines(path)).rejects.toThrow(/FILE_CORRUPT: .*metrics.jsonl:1 is not a row/);
    writeFileSync(path, '\n{"torn');
    await (await JsonLinesLog.open(path)).close();
    expect(readFileSync(path, 'utf8')).toBe('\n');
  });

  const damaged = '{"step":1}\nno row\n{"step":2}\nnone either\n{"step":3}\n';

  it('with broken lines before a row to keep says the first of them', async () => {
    for (const last of [2, 3]) {
      const path = newPath();
      writeFileSync(path, damaged);
      const log = await JsonLinesLog.open(path);
      await expect(log.truncateAfter((row) => (row.step as number) <= last)).rejects.toThrow(
        /^FILE_CORRUPT: .*metrics.jsonl:2 is not a row/,
      );
      await log.close();
      expect(readFileSync(path, 'utf8')).toBe(damaged);
    }
  });

  it('with broken lines behind the rows to keep loses what is behind those', async () => {
    for (const [last, text] of [
      [1, '{"step":1}\n'],
      [0, ''],
    ] as const) {
      const path = newPath();
      writeFileSync(path, damaged);
      const log = await JsonLinesLog.open(path);
      expect(await log.truncateAfter((row) => (row.step as number) <= last)).toBe(last);
      await log.close();
      expect(readFileSync(path, 'utf8')).toBe(text);
    }
    const path = newPath();
    writeFileSync(path, '{"step":1}\n{"step":2}\nno row\n');
    const log = await JsonLinesLog.open(path);
    expect(await log.truncateAfter(() => true)).toBe(2);
    await log.close();
  });

  it.each([
    ['a key twice', '{"a":1,"a":2}', 'twice'],
    ['no UTF-8', Buffer.of(0x22, 0xff, 0x22), 'it is not UTF-8'],
    ['a text', '"text"', 'not a JSON object'],
    ['a million brackets and more', `[${'[],'.repeat(2 ** 20)}0]`, 'brackets, commas and colons'],
  ])('with %s in a line says so', async (_, line, problem) => {
    const path = newPath();
    writeFileSync(path, Buffer.concat([Buffer.from(line as string), Buffer.from('\n')]));
    await expect(readJsonLines(path)).rejects.toThrow(
      new RegExp(
        `^FILE_CORRUPT: .*metrics.jsonl:1 is not a row of this log: [^.]*${problem}.*Mend or restore the file`,
      ),
    );
  });

  it('has lines of at most 16 MiB, ended or not', async () => {
    const path = newPath();
    const largest = 2 ** 24;
    writeFileSync(path, `{"step":1}\n${'x'.repeat(largest)}`);
    expect(await readJsonLines(path)).toEqual([{ step: 1 }]);
    appendFileSync(path, 'x');
    await expect(readJsonLines(path)).rejects.toThrow(
      `:2 is not a row of this log: it has more than ${largest} bytes.`,
    );
  });

  it('that becomes shorter while it is read is no whole log', async () => {
    const path = newPath();
    writeFileSync(path, '{"step":1}\n');
    const open = async (...given: Parameters<Disk['open']>) => {
      const handle = await realDisk.open(...given);
      const { size } = await handle.stat();
      const stat = async () => ({ size: size + 1, isFile: () => true });
      return new Proxy(handle, {
        get: (target, property) => {
          const value = property === 'stat' ? stat : Reflect.get(target, property, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    };
    await expect(readJsonLines(path, { disk: { ...realDisk, open } as Disk })).rejects.toThrow(
      `FILE_CORRUPT: ${path} became shorter while it was read.`,
    );
  });

  it('is closed even where it cannot be flushed', async () => {
    const { disk, calls } = failingDisk((call) => (call === 'sync' ? 'EIO' : undefined));
    const log = await JsonLinesLog.open(newPath(), { disk });
    await expect(log.close()).rejects.toThrow('EIO');
    expect(calls.at(-1)).toBe('close');
  });

  it('that cannot be read again as it is cut is FILE_READ', async () => {
    const path = newPath();
    let isBroken = false;
    const open = async (...given: Parameters<Disk['open']>) =>
      new Proxy(await realDisk.open(...given), {
        get: (target, property) => {
          if (property === 'read' && isBroken) throw Object.assign(new Error('EIO: simulated'), { code: 'EIO' });
          const value = Reflect.get(target, property, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    const log = await JsonLinesLog.open(path, { disk: { ...realDisk, open } as Disk });
    await log.append({ step: 1 });
    isBroken = true;
    await expect(log.truncateAfter(() => true)).rejects.toThrow(`FILE_READ: ${path} could not be read: EIO`);
    await log.close();
  });

  it('keeps everything or nothing if the predicate says so', async () => {
    const path = newPath();
    await logOf(path, [{ step: 1 }, { step: 2 }]);
    const log = await JsonLinesLog.open(path);
    expect(await log.truncateAfter(() => true)).toBe(2);
    expect(await log.truncateAfter(() => false)).toBe(0);
    await log.append({ step: 7 });
    expect(await log.truncateAfter(() => true)).toBe(1);
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

  it('names the line of what it refuses, whatever was no row before', async () => {
    const path = newPath();
    // Of more bytes than a line may have, and whole blocks of them.
    writeFileSync(path, `{"step":1}\nzeros\nzeros\n${'x'.repeat(2 ** 24 + 2 ** 21)}\n`);
    const log = await JsonLinesLog.open(path);
    await expect(log.truncateAfter(() => true)).rejects.toThrow(/FILE_CORRUPT: .*metrics\.jsonl:4 is not a row/);
    await log.close();
  });

  it('shows the rows that it keeps before it cuts, and stays as it is if they are refused', async () => {
    const path = newPath();
    const text = '{"step":1}\n{"step":2}\nzeros\n';
    writeFileSync(path, text);
    const log = await JsonLinesLog.open(path);
    const seen: unknown[] = [];
    for (const last of [1, 2]) {
      const refused = log.truncateAfter(
        ({ step }) => (step as number) <= last,
        (kept) => {
          seen.push(kept);
          throw new Error('refused');
        },
      );
      await expect(refused).rejects.toThrow('refused');
    }
    await log.close();
    expect(readFileSync(path, 'utf8')).toBe(text);
    const fault = expect.objectContaining({ code: 'FILE_CORRUPT', message: expect.stringContaining(`${path}:3 `) });
    expect(seen).toEqual([
      { path, rows: [{ step: 1 }] },
      { path, rows: [{ step: 1 }, { step: 2 }], fault },
    ]);
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
    // It is closed; a device cannot be flushed.
    await expect(log.close()).rejects.toThrow(/FILE_WRITE: .*EINVAL/);
  });

  it('that cannot be opened is FILE_WRITE, one that cannot be read FILE_READ', async () => {
    const path = join(temporaryFolder(), 'missing', 'metrics.jsonl');
    await expect(JsonLinesLog.open(path)).rejects.toThrow(/FILE_WRITE: .*ENOENT/);
    await expect(readJsonLines(path)).rejects.toThrow(/FILE_READ: .*ENOENT/);
  });
});
