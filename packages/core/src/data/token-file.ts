import { closeSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import { ForetokenError } from '@foretoken/engine/errors';
import { readError } from '../files/disk.ts';

/** Bytes that a token takes on disk. */
export type TokenWidth = 1 | 2 | 4;

/** The narrowest width that holds every token of a vocabulary. */
export function tokenWidth(vocabulary: number): TokenWidth {
  if (vocabulary <= 2 ** 8) return 1;
  return vocabulary <= 2 ** 16 ? 2 : 4;
}

/**
 * Tokens as a token file holds them: bare little-endian unsigned integers.
 * @throws TOKEN_UNKNOWN if a token is outside the vocabulary
 */
export function tokenBytes(tokens: Int32Array, vocabulary: number): Uint8Array {
  const outside = tokens.find((token) => token < 0 || token >= vocabulary);
  if (outside !== undefined) {
    throw new ForetokenError(
      'TOKEN_UNKNOWN',
      `the tokenizer gave token ${outside}, which is outside its vocabulary of ${vocabulary}. Mend the tokenizer.`,
    );
  }
  const stored = new { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array }[tokenWidth(vocabulary)](tokens);
  const bytes = Buffer.from(stored.buffer);
  if (endianness() === 'BE') swap(bytes, stored.BYTES_PER_ELEMENT);
  return bytes;
}

/**
 * Reads tokens of a token file wherever they are asked for, holding none: the corpus may be larger than memory. The
 * system's own page cache makes repeated reads quick.
 */
export class TokenFile {
  readonly path: string;
  readonly #width: TokenWidth;
  #descriptor: number | undefined;

  /** @throws FILE_READ */
  constructor(path: string, width: TokenWidth) {
    this.path = path;
    this.#width = width;
    try {
      this.#descriptor = openSync(path, 'r');
    } catch (cause) {
      throw readError(path, cause);
    }
  }

  /** @throws FILE_READ; FILE_CORRUPT if the file ends before */
  read(start: number, count: number): Int32Array {
    const bytes = Buffer.from(new ArrayBuffer(count * this.#width));
    if (this.#descriptor === undefined) throw new Error(`${this.path} is closed`);
    try {
      for (let done = 0; done < bytes.length; ) {
        const read = readSync(this.#descriptor, bytes, done, bytes.length - done, start * this.#width + done);
        if (read === 0) {
          throw new ForetokenError(
            'FILE_CORRUPT',
            `${this.path} is shorter than its manifest says. Delete its folder.`,
          );
        }
        done += read;
      }
    } catch (cause) {
      throw readError(this.path, cause);
    }
    if (endianness() === 'BE') swap(bytes, this.#width);
    return Int32Array.from(new { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array }[this.#width](bytes.buffer));
  }

  /** Closes the file; later reads fail. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function swap(bytes: Buffer, width: number): void {
  if (width === 2) bytes.swap16();
  if (width === 4) bytes.swap32();
}
