import type { FileHandle } from 'node:fs/promises';
import { ForetokenError } from '@foretoken/engine/errors';
import { type DiskOptions, readError, realDisk, writeError } from './disk.ts';
import type { JsonObject } from './json-file.ts';
import { writeFully } from './write-file-atomic.ts';

const NEWLINE = 0x0a;

/**
 * A log of one JSON object a line (`metrics.jsonl`) that survives being killed: a line counts once its newline is
 * there, and a torn last line is cut off when the log is opened again.
 *
 * Calls follow one another: await each before the next.
 */
export class JsonLinesLog {
  readonly path: string;
  readonly #handle: FileHandle;
  /** Bytes of the whole lines. */
  #size: number;

  private constructor(path: string, handle: FileHandle, size: number) {
    this.path = path;
    this.#handle = handle;
    this.#size = size;
  }

  /**
   * Opens a log to append to, making it if it is not there.
   * @throws FILE_WRITE, DISK_FULL
   */
  static async open(path: string, { disk = realDisk }: DiskOptions = {}): Promise<JsonLinesLog> {
    try {
      const handle = await disk.open(path, 'a+');
      try {
        const { size } = await handle.stat();
        const whole = await endOfLastLine(handle, size);
        if (whole < size) await handle.truncate(whole);
        return new JsonLinesLog(path, handle, whole);
      } catch (cause) {
        await handle.close();
        throw cause;
      }
    } catch (cause) {
      throw writeError(path, cause);
    }
  }

  /**
   * Adds one line. After a failure the log is as it was before.
   * @throws FILE_WRITE, DISK_FULL
   */
  async append(row: object): Promise<void> {
    const line = Buffer.from(`${JSON.stringify(row)}\n`, 'utf8');
    try {
      await writeFully(this.#handle, line);
      this.#size += line.length;
    } catch (cause) {
      await this.#handle.truncate(this.#size).catch(() => {});
      throw writeError(this.path, cause);
    }
  }

  /**
   * Makes what was appended survive power loss.
   * @throws FILE_WRITE, DISK_FULL
   */
  async flush(): Promise<void> {
    try {
      await this.#handle.sync();
    } catch (cause) {
      throw writeError(this.path, cause);
    }
  }

  /**
   * Keeps the leading rows that `keep` is true for and cuts the log before the first other one: what a resumed run
   * is going to write again.
   * @returns the number of rows kept
   * @throws FILE_CORRUPT if a row before that is not a JSON object; FILE_WRITE
   */
  async truncateAfter(keep: (row: JsonObject) => boolean): Promise<number> {
    const { rows, ends } = parseLines(this.path, await readStart(this.path, this.#handle, this.#size));
    const firstOther = rows.findIndex((row) => !keep(row));
    const kept = firstOther < 0 ? rows.length : firstOther;
    try {
      this.#size = kept === 0 ? 0 : ends[kept - 1];
      await this.#handle.truncate(this.#size);
    } catch (cause) {
      throw writeError(this.path, cause);
    }
    await this.flush();
    return kept;
  }

  /** Flushes and closes. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#handle.close();
    }
  }
}

/**
 * Reads a log, even one that is still being written: a torn last line is left out.
 * @throws FILE_READ, FILE_CORRUPT with path:line
 */
export async function readJsonLines(path: string, { disk = realDisk }: DiskOptions = {}): Promise<JsonObject[]> {
  try {
    const handle = await disk.open(path, 'r');
    try {
      const { size } = await handle.stat();
      return parseLines(path, await readStart(path, handle, size)).rows;
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw readError(path, cause);
  }
}

/** Every whole line and the byte after it. */
function parseLines(path: string, bytes: Buffer): { rows: JsonObject[]; ends: number[] } {
  const rows: JsonObject[] = [];
  const ends: number[] = [];
  for (let start = 0, end = bytes.indexOf(NEWLINE); end >= 0; start = end + 1, end = bytes.indexOf(NEWLINE, start)) {
    rows.push(parseRow(path, rows.length + 1, bytes.toString('utf8', start, end)));
    ends.push(end + 1);
  }
  return { rows, ends };
}

function parseRow(path: string, line: number, text: string): JsonObject {
  let problem = 'not a JSON object';
  try {
    const row: unknown = JSON.parse(text);
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row as JsonObject;
  } catch (cause) {
    problem = (cause as Error).message;
  }
  throw new ForetokenError('FILE_CORRUPT', `${path}:${line} is not a row of this log: ${problem}.`);
}

async function readStart(path: string, handle: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  let done = 0;
  while (done < size) {
    const { bytesRead } = await handle.read(bytes, done, size - done, done);
    if (bytesRead === 0) throw new ForetokenError('FILE_CORRUPT', `${path} became shorter while it was read.`);
    done += bytesRead;
  }
  return bytes;
}

async function endOfLastLine(handle: FileHandle, size: number): Promise<number> {
  const block = Buffer.alloc(2 ** 16);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - block.length);
    const { bytesRead } = await handle.read(block, 0, end - start, start);
    const newline = block.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (newline >= 0) return start + newline + 1;
    end = start;
  }
  return 0;
}
