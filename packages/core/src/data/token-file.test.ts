import { open } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { writeNewFile } from '../files/write-file-atomic.ts';
import { TokenFile, tokenBytes, tokenWidth } from './token-file.ts';

async function fileOf(parts: readonly Int32Array[], vocabulary: number): Promise<string> {
  const path = join(temporaryFolder(), 'a.tokens');
  await writeNewFile(
    path,
    parts.map((part) => tokenBytes(part, vocabulary)),
  );
  return path;
}

describe('a token file', () => {
  it('takes one, two or four bytes a token, as the vocabulary needs', () => {
    expect([2, 256, 257, 65_536, 65_537, 2 ** 31].map(tokenWidth)).toEqual([1, 1, 2, 2, 4, 4]);
  });

  it('gives back any stretch of what was appended', async () => {
    const vocabulary = fc.constantFrom(256, 65_536, 2 ** 31 - 1);
    await fc.assert(
      fc.asyncProperty(
        vocabulary,
        fc.array(fc.array(fc.nat(), { maxLength: 20 })),
        fc.nat(),
        fc.nat(),
        async (...given) => {
          const [size, raw, from, count] = given;
          const parts = raw.map((part) => Int32Array.from(part, (token) => token % size));
          const all = parts.flatMap((part) => [...part]);
          const file = new TokenFile(await fileOf(parts, size), tokenWidth(size));
          const start = from % (all.length + 1);
          const length = count % (all.length - start + 1);
          expect([...file.read(start, length)]).toEqual(all.slice(start, start + length));
          file.close();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is not written with a token outside the vocabulary', async () => {
    await expect(fileOf([Int32Array.of(0, 10)], 10)).rejects.toThrow(/TOKEN_UNKNOWN: .*token 10, .*vocabulary of 10/);
    await expect(fileOf([Int32Array.of(-1)], 10)).rejects.toThrow(/TOKEN_UNKNOWN: .*token -1/);
  });

  it('that is shorter than asked for, or not there, is an error by code', async () => {
    const file = new TokenFile(await fileOf([Int32Array.of(1, 2)], 256), 1);
    expect(() => file.read(1, 2)).toThrow(/FILE_CORRUPT: .*a.tokens is shorter/);
    expect(() => file.read(2, 1)).toThrow(/FILE_CORRUPT: .*a.tokens is shorter/);
    file.close();
    file.close();
    expect(() => file.read(0, 1)).toThrow('closed');
    expect(() => new TokenFile(join(temporaryFolder(), 'b'), 1)).toThrow(/FILE_READ: .*ENOENT/);
  });

  it('of 32 GB is read in place: a few windows of it cost a few pages of memory', async () => {
    const path = join(temporaryFolder(), 'huge.tokens');
    const tokens = 2 ** 33;
    const handle = await open(path, 'wx');
    // Sparse: one token is written, at the very end.
    await handle.write(Uint8Array.of(0x39, 0x30, 0, 0), 0, 4, (tokens - 1) * 4);
    await handle.close();
    const file = new TokenFile(path, 4);
    const before = process.memoryUsage();
    for (let at = 0; at < 100; at++) expect(file.read(at * 2 ** 26, 512)[0]).toBe(0);
    expect([...file.read(tokens - 2, 2)]).toEqual([0, 12_345]);
    expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(2 ** 24);
    file.close();
  });
});
