import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Disk, realDisk } from '../files/disk.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { readSafetensors, readSafetensorsHeader, type StoredTensor, writeSafetensors } from './safetensors.ts';

const PYTHON = fileURLToPath(new URL('./fixtures/python.safetensors', import.meta.url));

/** What `fixtures/make-safetensors.py` saved. */
const PYTHON_TENSORS = new Map<string, StoredTensor>([
  ['trunk.embedding', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(0, 0.125, 0.25, 0.375, 0.5, 0.625) }],
  ['scalar', { dtype: 'F32', shape: [], data: Float32Array.of(-1.5) }],
  ['empty', { dtype: 'F32', shape: [0, 4], data: new Float32Array() }],
  ['cursor', { dtype: 'I32', shape: [2], data: Int32Array.of(2 ** 31 - 1, -(2 ** 31)) }],
  ['bytes', { dtype: 'U8', shape: [3], data: Uint8Array.of(0, 1, 255) }],
  ['größe', { dtype: 'F32', shape: [2], data: Float32Array.of(1e-45, Number.POSITIVE_INFINITY) }],
]);
const PYTHON_METADATA = { note: 'Python: quotes " and ü, padded' };

const newPath = () => join(temporaryFolder(), 'a.safetensors');

/** A file from its parts; the length is the header's unless told otherwise. */
function fileOf(header: string | Buffer, data: Uint8Array | number, length?: bigint): Buffer {
  const json = Buffer.from(header as string);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([size, json, typeof data === 'number' ? Buffer.alloc(data) : data]);
}

const tensor = (begin: number, end: number, shape = `[${(end - begin) / 4}]`, dtype = '"F32"') =>
  `{"dtype":${dtype},"shape":${shape},"data_offsets":[${begin},${end}]}`;

/** The real disk, which notes how many bytes are asked for at once. */
const countingReads = (reads: number[]): Disk => ({
  ...realDisk,
  open: async (...given) => {
    const handle = await realDisk.open(...given);
    return new Proxy(handle, {
      get(target, property) {
        const value = Reflect.get(target, property, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (property === 'read') reads.push(args[2] as number);
          return value.apply(target, args);
        };
      },
    });
  },
});

describe('a safetensors file', () => {
  it('of Python is read', async () => {
    const { tensors, metadata } = await readSafetensors(PYTHON);
    expect(tensors).toEqual(PYTHON_TENSORS);
    expect(Object.fromEntries(metadata)).toEqual(PYTHON_METADATA);
    const header = await readSafetensorsHeader(PYTHON);
    expect(header.entries.map(({ name }) => name)).toEqual([...tensors.keys()]);
  });

  it('of ours has the very bytes that Python writes', async () => {
    const path = newPath();
    await writeSafetensors(path, PYTHON_TENSORS, PYTHON_METADATA);
    expect(readFileSync(path)).toEqual(readFileSync(PYTHON));
  });

  it('reads back as it was, bit for bit, whatever tensors it holds', async () => {
    const anyTensor = fc.oneof(
      fc.float32Array({ maxLength: 20 }).map((data): StoredTensor => ({ dtype: 'F32', shape: [data.length], data })),
      fc.int32Array({ maxLength: 20 }).map((data): StoredTensor => ({ dtype: 'I32', shape: [1, data.length], data })),
      fc.uint8Array({ maxLength: 20 }).map((data): StoredTensor => ({ dtype: 'U8', shape: [data.length], data })),
    );
    const name = fc.string({ unit: 'grapheme' }).filter((text) => !text.startsWith('__'));
    const path = newPath();
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(name, anyTensor), { selector: ([key]) => key, maxLength: 8 }),
        fc.dictionary(name, fc.string()),
        async (pairs, metadata) => {
          const tensors = new Map(pairs);
          await writeSafetensors(path, tensors, metadata);
          const read = await readSafetensors(path);
          expect(read.tensors).toEqual(tensors);
          expect(Object.fromEntries(read.metadata)).toEqual({ ...metadata });
          await writeSafetensors(path, new Map(pairs.toReversed()), metadata);
          const again = readFileSync(path);
          await writeSafetensors(path, read.tensors, Object.fromEntries(read.metadata));
          expect(readFileSync(path)).toEqual(again);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('writes a view on a larger buffer as the view alone', async () => {
    const path = newPath();
    const data = new Float32Array([1, 2, 3, 4]).subarray(1, 3);
    await writeSafetensors(path, new Map([['a', { dtype: 'F32', shape: [2], data }]]));
    expect((await readSafetensors(path)).tensors.get('a')!.data).toEqual(Float32Array.of(2, 3));
  });

  it('has the same bytes whatever order tensors and metadata were given in', async () => {
    const [path, other] = [newPath(), newPath()];
    const metadata = { b: '1', a: '2', c: '3' };
    await writeSafetensors(path, PYTHON_TENSORS, metadata);
    await writeSafetensors(other, new Map([...PYTHON_TENSORS].toReversed()), { c: '3', a: '2', b: '1' });
    expect(readFileSync(other)).toEqual(readFileSync(path));
    expect([...(await readSafetensors(path)).metadata.keys()]).toEqual(['a', 'b', 'c']);
  });

  it('is read with one call for neighbouring tensors of together at most a megabyte', async () => {
    const sizes = [2 ** 19, 2 ** 19, 3, 5, 2 ** 20 + 1, 7, 2 ** 20 - 7];
    const tensors = new Map(
      sizes.map((size, index): [string, StoredTensor] => {
        const data = Uint8Array.from({ length: size }, (_, at) => (at * 31 + index) % 251);
        return [`${index}`, { dtype: 'U8', shape: [size], data }];
      }),
    );
    const path = newPath();
    await writeSafetensors(path, tensors);
    const reads: number[] = [];
    const { tensors: read } = await readSafetensors(path, { disk: countingReads(reads) });
    // Length and header come first.
    expect(reads.slice(2)).toEqual([2 ** 20, 8, 2 ** 20 + 1, 2 ** 20]);
    for (const [name, { data }] of tensors)
      expect(Buffer.compare(read.get(name)!.data as Uint8Array, data as Uint8Array)).toBe(0);
  });

  it('is not written where data and shape disagree', async () => {
    const wrong: StoredTensor = { dtype: 'F32', shape: [3], data: Float32Array.of(1, 2) };
    await expect(writeSafetensors(newPath(), new Map([['a', wrong]]))).rejects.toThrow(
      /SHAPE_MISMATCH: .*tensor "a" must hold 12 bytes for F32 \[3\], was 8/,
    );
  });

  it('is not written with a header that could not be read again', async () => {
    await expect(writeSafetensors(newPath(), new Map(), { state: 'x'.repeat(2 ** 24) })).rejects.toThrow(
      /FILE_WRITE: .*header/,
    );
  });

  it('is written, and read again, with the largest header that there may be', async () => {
    const path = newPath();
    const around = '{"__metadata__":{"state":""}}'.length;
    await writeSafetensors(path, new Map(), { state: 'x'.repeat(2 ** 24 - around) });
    expect((await readSafetensorsHeader(path)).metadata.get('state')).toHaveLength(2 ** 24 - around);
    await expect(writeSafetensors(path, new Map(), { state: 'x'.repeat(2 ** 24 - around + 1) })).rejects.toThrow(
      `FILE_WRITE: ${path} cannot be written: its header of ${2 ** 24 + 8} bytes is larger than ${2 ** 24}.`,
    );
  });

  it.each(['__proto__', 'a\nb', '\ud800'])('is not written with metadata called %j', async (name) => {
    const metadata = Object.fromEntries([
      ['fine', ''],
      [name, ''],
    ]);
    await expect(writeSafetensors(newPath(), new Map(), metadata)).rejects.toThrow(
      `: the name ${JSON.stringify(name)} is not allowed.`,
    );
  });

  it('is not written with a header that is too much to be read again, or with text that no file can hold', async () => {
    const long: StoredTensor = { dtype: 'U8', shape: Array(3 * 2 ** 19).fill(1), data: new Uint8Array(1) };
    await expect(writeSafetensors(newPath(), new Map([['a', long]]))).rejects.toThrow(
      /FILE_WRITE: .*brackets, commas and colons/,
    );
    await expect(writeSafetensors(newPath(), new Map(), { note: '\ud800' })).rejects.toThrow(
      /FILE_WRITE: .*the text of "note" is no Unicode/,
    );
  });

  it.each(['\ud800', 'a\u007f', 'a\u0085', '__proto__', '__metadata__', 'a\nb', 'a\0'])(
    'is not written with a tensor called %j',
    async (name) => {
      const tensors = new Map<string, StoredTensor>([[name, { dtype: 'U8', shape: [0], data: new Uint8Array() }]]);
      await expect(writeSafetensors(newPath(), tensors)).rejects.toThrow(
        `: the name ${JSON.stringify(name)} is not allowed.`,
      );
    },
  );

  it('cut anywhere, or one byte longer, is refused', async () => {
    const whole = readFileSync(PYTHON);
    const path = newPath();
    for (let length = 0; length <= whole.length + 1; length++) {
      if (length === whole.length) continue;
      writeFileSync(path, Buffer.concat([whole, Buffer.alloc(1)]).subarray(0, length));
      await expect(readSafetensors(path), `${length} bytes`).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
      await expect(readSafetensorsHeader(path), `${length} bytes`).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
    }
  });

  it('that is not there is FILE_READ', async () => {
    await expect(readSafetensors(newPath())).rejects.toThrow(/FILE_READ: .*ENOENT/);
  });
});

describe('a hostile safetensors file is refused:', () => {
  const good = `{"a":${tensor(0, 8)}}`;
  const cases: [string, Buffer, RegExp][] = [
    ['a header of 2^63 bytes', fileOf(good, 8, 2n ** 63n), /claims 9223372036854775808 bytes; at most 16777216/],
    ['a header of 2^64 - 1 bytes', fileOf(good, 8, 2n ** 64n - 1n), /at most 16777216/],
    ['a header just over the limit', fileOf(good, 8, 2n ** 24n + 1n), /at most 16777216/],
    [
      'a header beyond the end',
      fileOf(good, 8, 1000n),
      new RegExp(`claims 1000 bytes, but only ${good.length + 8} follow`),
    ],
    ['no header at all', fileOf('', 0), /not JSON/],
    ['a header that is no UTF-8', fileOf(Buffer.from([0x7b, 0xff, 0x7d]), 0), /not JSON/],
    [
      'a name that is no UTF-8',
      fileOf(Buffer.concat([Buffer.from('{"'), Buffer.of(0xff), Buffer.from(`":${tensor(0, 8)}}`)]), 8),
      /not JSON/,
    ],
    ['a header with a byte order mark', fileOf(`\ufeff${good}`, 8), /not JSON/],
    ['a list for a header', fileOf('[]', 0), /not a JSON object/],
    ['null for a header', fileOf('null', 0), /not a JSON object/],
    ['two headers', fileOf(`${good}${good}`, 8), /not JSON/],
    ['a million brackets', fileOf('['.repeat(1_000_000), 0), /not JSON/],
    ['a repeated tensor', fileOf(`{"a":${tensor(0, 8)},"a":${tensor(0, 8)}}`, 8), /the key "a" twice/],
    ['a repeated tensor, escaped', fileOf(`{"a":${tensor(0, 8)},"\\u0061":${tensor(0, 8)}}`, 8), /the key "a" twice/],
    [
      'a repeated field',
      fileOf('{"a":{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]}}', 0),
      /"shape" twice/,
    ],
    ['a tensor called __proto__', fileOf(`{"__proto__":${tensor(0, 8)}}`, 8), /"__proto__" is not allowed/],
    ['a NUL in a name', fileOf(`{"a\\u0000":${tensor(0, 8)}}`, 8), /is not allowed/],
    ['metadata called __proto__', fileOf('{"__metadata__":{"__proto__":"x"}}', 0), /"__proto__" is not allowed/],
    ['metadata that are no strings', fileOf('{"__metadata__":{"a":1}}', 0), /must be an object of strings/],
    ['metadata that are a list', fileOf('{"__metadata__":["a"]}', 0), /must be an object of strings/],
    ['an unknown dtype', fileOf(`{"a":${tensor(0, 8, '[2]', '"F99"')}}`, 8), /dtype "F99"; F32, I32 and U8 are read/],
    ['a dtype that is no string', fileOf(`{"a":${tensor(0, 8, '[2]', '["F32"]')}}`, 8), /dtype \["F32"\]/],
    ['an unknown field', fileOf(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}}`, 0), /nothing else/],
    ['a missing field', fileOf('{"a":{"dtype":"U8","shape":[0]}}', 0), /must have dtype, shape and data_offsets/],
    ['a tensor that is a number', fileOf('{"a":1}', 0), /must have dtype, shape and data_offsets/],
    ['a negative size', fileOf(`{"a":${tensor(0, 8, '[-1,-2]')}}`, 8), /not a list of integers >= 0/],
    ['a fraction of a size', fileOf(`{"a":${tensor(0, 8, '[0.5,4]')}}`, 8), /not a list of integers >= 0/],
    ['a size of 2^53', fileOf(`{"a":${tensor(0, 8, '[9007199254740992]')}}`, 8), /not a list of integers >= 0/],
    ['sizes whose product is enormous', fileOf(`{"a":${tensor(0, 8, '[4294967296,4294967296,2]')}}`, 8), /takes/],
    ['a shape that is a string', fileOf(`{"a":${tensor(0, 8, '"2"')}}`, 8), /not a list of integers/],
    [
      'offsets for another shape',
      fileOf(`{"a":${tensor(0, 8, '[3]')}}`, 8),
      /F32 \[3\] takes 12 bytes, its offsets span 8/,
    ],
    [
      'offsets for another shape, behind another tensor',
      fileOf(`{"a":${tensor(0, 8)},"b":${tensor(8, 16, '[3]')}}`, 16),
      /"b": F32 \[3\] takes 12 bytes, its offsets span 8\./,
    ],
    [
      'a dtype that is just short enough to be said',
      fileOf(`{"a":${tensor(0, 8, '[2]', `"${'F'.repeat(98)}"`)}}`, 8),
      /dtype "F{98}"; F32/,
    ],
    [
      'a dtype that is too long to be said',
      fileOf(`{"a":${tensor(0, 8, '[2]', `"${'F'.repeat(99)}"`)}}`, 8),
      /dtype "F{99}\.\.\.; F32/,
    ],
    ['offsets the wrong way round', fileOf(`{"a":${tensor(8, 0, '[2]')}}`, 8), /not \[begin, end\]/],
    ['three offsets', fileOf('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0,0]}}', 0), /not \[begin, end\]/],
    ['negative offsets', fileOf(`{"a":${tensor(-8, 0, '[2]')}}`, 8), /not \[begin, end\]/],
    ['overlapping tensors', fileOf(`{"a":${tensor(0, 8)},"b":${tensor(4, 12)}}`, 12), /"b" begins at byte 4, where 8/],
    ['twice the same bytes', fileOf(`{"a":${tensor(0, 8)},"b":${tensor(0, 8)}}`, 8), /begins at byte 0, where 8/],
    ['a gap between tensors', fileOf(`{"a":${tensor(0, 8)},"b":${tensor(12, 20)}}`, 20), /begins at byte 12, where 8/],
    ['a gap before the first', fileOf(`{"a":${tensor(4, 12)}}`, 12), /begins at byte 4, where 0/],
    ['offsets beyond the end', fileOf(`{"a":${tensor(0, 400)}}`, 8), /truncated: 8 of 400 bytes/],
    ['bytes after the last tensor', fileOf(good, 9), /1 bytes follow the last tensor/],
    ['nothing but a length', Buffer.alloc(7), /7 bytes and no header/],
  ];

  it.each(cases)('%s', async (_, bytes, message) => {
    const path = newPath();
    writeFileSync(path, bytes);
    const error = await readSafetensors(path).catch((cause: unknown) => cause as Error);
    expect(error).toMatchObject({ code: 'FILE_CORRUPT', message: expect.stringMatching(message) });
    expect((error as Error).message).toContain(path);
    expect(({} as Record<string, unknown>).dtype).toBeUndefined();
  });

  it('keeps what the reader of JSON said as its cause', async () => {
    const path = newPath();
    writeFileSync(path, fileOf('{"a":1,"a":1}', 0));
    const error = await readSafetensors(path).catch((cause: unknown) => cause as Error);
    expect((error as Error).cause).toMatchObject({ message: expect.stringContaining('the key "a" twice') });
  });

  it('any of its header bytes changed is refused or read as a file that still accounts for every byte', async () => {
    const whole = readFileSync(PYTHON);
    const headerEnd = 8 + Number(whole.readBigUInt64LE());
    const path = newPath();
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: headerEnd - 1 }),
        fc.integer({ min: 0, max: 255 }),
        async (at, byte) => {
          const changed = Buffer.from(whole);
          changed[at] = byte;
          writeFileSync(path, changed);
          const read = await readSafetensors(path).catch((cause: { code?: string }) => cause.code);
          if (typeof read !== 'object') {
            expect(read).toBe('FILE_CORRUPT');
            return;
          }
          const bytes = [...read.tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
          expect(bytes).toBe(whole.length - headerEnd);
        },
      ),
      { numRuns: 200 },
    );
  });
});
