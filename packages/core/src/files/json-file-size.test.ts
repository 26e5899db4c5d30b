import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Disk } from './disk.ts';
import { LARGEST_RECORD, readJson, readRecordSync } from './json-file.ts';
import { temporaryFolder } from './temporary-folder.fixture.ts';

function fileOf(text: string | Buffer): string {
  const path = join(temporaryFolder(), 'a.json');
  writeFileSync(path, text);
  return path;
}

/** A disk on which every file claims to have so many bytes, and holds these. */
function claiming(size: number, content: string): Disk {
  const handle = {
    stat: async () => ({ size, isFile: () => true }),
    readFile: async () => Buffer.from(content),
    close: async () => {},
  };
  return { open: async () => handle } as unknown as Disk;
}

describe('a JSON file', () => {
  const text = '{"version":1}';

  it('may have as many bytes as are asked for, and not one more', async () => {
    const padded = `{"formatVersion":7${' '.repeat(100)}}`;
    const options = { largest: padded.length, version: 7 };
    expect(await readJson(fileOf(padded), options)).toEqual({ formatVersion: 7 });
    const path = fileOf(`${padded} `);
    await expect(readJson(path, options)).rejects.toThrow(
      `FILE_CORRUPT: ${path} has ${padded.length + 1} bytes; at most ${padded.length} are read. Restore or remove it.`,
    );
  });

  it('is not read at all if it claims to be longer than any text', async () => {
    const largest = 2 ** 29 - 2 ** 10;
    await expect(readJson('/a', { disk: claiming(largest + 1, text) })).rejects.toThrow(
      `FILE_CORRUPT: /a has ${largest + 1} bytes; at most ${largest} are read.`,
    );
    await expect(readJson('/a', { disk: claiming(largest, text) })).rejects.toThrow('FORMAT_VERSION');
  });

  it('that has grown since it was looked at is looked at again', async () => {
    await expect(readJson('/a', { largest: 5, disk: claiming(5, text) })).rejects.toThrow(
      `FILE_CORRUPT: /a has ${text.length} bytes; at most 5 are read.`,
    );
  });

  it('holds one bracket, comma or colon for every 12 bytes that it may have, rounded up', async () => {
    // A brace and a colon are two, a comma and a colon more are four; a space, since what we write ourselves is not counted.
    expect(await readJson(fileOf('{"formatVersion": 2}'), { largest: 20 })).toEqual({ formatVersion: 2 });
    const four = fileOf('{"formatVersion": 2,"a":0}');
    expect(await readJson(four, { largest: 37 })).toEqual({ formatVersion: 2, a: 0 });
    await expect(readJson(four, { largest: 36 })).rejects.toThrow(/FILE_CORRUPT: .*brackets, commas and colons/);
  });

  it('is UTF-8', async () => {
    const path = fileOf(Buffer.concat([Buffer.from('{"formatVersion":2,"a":"'), Buffer.of(0xff), Buffer.from('"}')]));
    await expect(readJson(path)).rejects.toMatchObject({
      message: expect.stringContaining(`FILE_CORRUPT: ${path} is not valid JSON: it is not UTF-8.`),
      cause: { message: 'it is not UTF-8' },
    });
  });

  it.each(['null', '[{"formatVersion":2}]', '"text"', '7'])('that holds %s holds no object', async (content) => {
    const path = fileOf(content);
    await expect(readJson(path)).rejects.toThrow(`FILE_CORRUPT: ${path} must hold a JSON object.`);
  });
});

describe('a record read at once', () => {
  it('is the object that the file holds, of this version', () => {
    expect(readRecordSync(fileOf('{"formatVersion":2,"a":[1]}'))).toEqual({ formatVersion: 2, a: [1] });
    expect(() => readRecordSync(fileOf('{"formatVersion":9}'))).toThrow('FORMAT_VERSION');
    expect(() => readRecordSync(fileOf('{"a":1,"a":2}'))).toThrow(/FILE_CORRUPT: .*twice/);
  });

  it('has at most 16 MiB', () => {
    expect(LARGEST_RECORD).toBe(16 * 1024 * 1024);
    const path = fileOf('{"formatVersion":2}');
    truncateSync(path, LARGEST_RECORD + 1);
    expect(() => readRecordSync(path)).toThrow(`has ${LARGEST_RECORD + 1} bytes; at most ${LARGEST_RECORD} are read.`);
  });
});
