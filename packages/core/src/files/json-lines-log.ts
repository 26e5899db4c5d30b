import { isUtf8 } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { ForetokenError, isForetokenError } from '@foretoken/engine/errors';
import { AppendOnlyFile } from './append-only-file.ts';
import { type DiskOptions, readError } from './disk.ts';
import type { JsonObject } from './json-file.ts';
import { withRegularFile } from './regular-file.ts';
import { parseStrictJson } from './strict-json.ts';

const NEWLINE = 0x0a;

/** Bytes of a line that is read; a row has some hundred. */
const LARGEST_ROW = 2 ** 24;

/** Brackets, commas and colons of a row; without this bound sixteen megabytes of them would take a gigabyte of memory. */
const MOST_MARKS = 2 ** 20;

/** Bytes read at once. */
const BLOCK = 2 ** 20;

/** The rows of a log that are about to be kept. */
export interface KeptRows {
  /** Of the log. */
  readonly path: string;
  readonly rows: readonly JsonObject[];
  /** What is wrong with the line behind them, if it is no row. */
  readonly fault?: ForetokenError;
}

/**
 * A log of one JSON object a line (`metrics.jsonl`) that survives being killed: a line counts once its newline is
 * there, and a torn last line is cut off when the log is opened again.
 *
 * Calls follow one another: await each before the next.
 */
export class JsonLinesLog {
  readonly path: string;
  /** A record is a line. */
  readonly #file: AppendOnlyFile;

  private constructor(file: AppendOnlyFile) {
    this.path = file.path;
    this.#file = file;
  }

  /**
   * Opens a log to append to, making it if it is not there.
   * @throws FILE_WRITE, DISK_FULL
   */
  static async open(path: string, options: DiskOptions = {}): Promise<JsonLinesLog> {
    return new JsonLinesLog(await AppendOnlyFile.open(path, endOfLastLine, options));
  }

  /**
   * Adds one line. After a failure the log is as it was before.
   * @throws FILE_WRITE, DISK_FULL
   */
  async append(row: object): Promise<void> {
    await this.#file.append(Buffer.from(`${JSON.stringify(row)}\n`, 'utf8'));
  }

  /**
   * Makes what was appended survive power loss.
   * @throws FILE_WRITE, DISK_FULL
   */
  async flush(): Promise<void> {
    await this.#file.flush();
  }

  /**
   * Keeps the leading rows that `keep` is true for and cuts the log before the first other one: what a resumed run
   * is going to write again. What power loss made of rows that were not flushed is cut as well.
   * @param check - looks at the rows before anything is cut; what it throws leaves the log as it is
   * @returns the number of rows kept
   * @throws FILE_CORRUPT if there is a line that is not a JSON object before a row to keep; FILE_READ, FILE_WRITE
   */
  async truncateAfter(keep: (row: JsonObject) => boolean, check: (kept: KeptRows) => void = () => {}): Promise<number> {
    const { path, handle, size } = this.#file;
    const { rows, ends, damage } = await readAround(path, handle, size).catch((cause: unknown) => {
      throw readError(path, cause);
    });
    // Rows that are to be kept were flushed, so a line before one of them was whole once.
    if (damage && rows.slice(damage.numBefore).some(keep)) throw damage.fault;
    const firstOther = rows.findIndex((row) => !keep(row));
    const kept = Math.min(firstOther < 0 ? rows.length : firstOther, damage?.numBefore ?? rows.length);
    check({ path, rows: rows.slice(0, kept), ...(damage?.numBefore === kept && { fault: damage.fault }) });
    await this.#file.truncate(kept === 0 ? 0 : ends[kept - 1]);
    return kept;
  }

  /** Flushes and closes. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#file.close();
    }
  }
}

/**
 * Reads a log, even one that is still being written: a torn last line is left out.
 * @throws FILE_READ, FILE_CORRUPT with path:line
 */
export async function readJsonLines(path: string, options: DiskOptions = {}): Promise<JsonObject[]> {
  return withRegularFile(path, options, async (handle, size) => (await readLines(path, handle, size)).rows);
}

/**
 * Reads a log as whoever goes on with it would keep it: from the first line that is no row on, what power loss made of rows
 * that were not flushed is left out.
 * @param hasFlushed - whether all rows that are sure to have been whole once are among these
 * @throws FILE_READ; FILE_CORRUPT if there is a line that is not a JSON object before the last of those
 */
export async function readSoundRows(
  path: string,
  hasFlushed: (rows: readonly JsonObject[]) => boolean,
  options: DiskOptions = {},
): Promise<JsonObject[]> {
  return withRegularFile(path, options, async (handle, size) => {
    const { rows, damage } = await readAround(path, handle, size);
    const sound = rows.slice(0, damage?.numBefore);
    if (damage && !hasFlushed(sound)) throw damage.fault;
    return sound;
  });
}

/** The rows around all lines that are none, and the first of these. */
async function readAround(path: string, handle: FileHandle, size: number) {
  let damage: { readonly fault: ForetokenError; readonly numBefore: number } | undefined;
  const lines = await readLines(path, handle, size, (fault, numBefore) => {
    damage ??= { fault, numBefore };
  });
  return { ...lines, damage };
}

/** Every whole line and the byte after it; block by block, so that memory goes to rows and never to the file. */
async function readLines(
  path: string,
  handle: FileHandle,
  size: number,
  onFault: (fault: ForetokenError, numBefore: number) => void = raise,
): Promise<{ rows: JsonObject[]; ends: number[] }> {
  const rows: JsonObject[] = [];
  const ends: number[] = [];
  let numLines = 0;
  let torn = Buffer.alloc(0);
  for (let at = 0; at < size; ) {
    const block = Buffer.allocUnsafe(Math.min(BLOCK, size - at));
    const { bytesRead } = await handle.read(block, 0, block.length, at);
    if (bytesRead === 0)
      throw new ForetokenError(
        'FILE_CORRUPT',
        `${path} became shorter while it was read. Run this again when nothing else writes to it.`,
      );
    const bytes = Buffer.concat([torn, block.subarray(0, bytesRead)]);
    const first = at - torn.length;
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; start = end + 1, end = bytes.indexOf(NEWLINE, start)) {
      numLines += 1;
      const row = parseRow(path, numLines, bytes.subarray(start, end));
      if (isForetokenError(row)) onFault(row, rows.length);
      else {
        rows.push(row);
        ends.push(first + end + 1);
      }
    }
    torn = bytes.subarray(start);
    if (torn.length > LARGEST_ROW) throw notARow(path, numLines + 1, `it has more than ${LARGEST_ROW} bytes`);
    at += bytesRead;
  }
  return { rows, ends };
}

function raise(fault: ForetokenError): never {
  throw fault;
}

/** @returns the row, or what is wrong with it */
function parseRow(path: string, line: number, bytes: Buffer): JsonObject | ForetokenError {
  let problem = 'not a JSON object';
  try {
    if (!isUtf8(bytes)) throw new Error('it is not UTF-8');
    const row = parseStrictJson(bytes.toString('utf8'), { mostMarks: MOST_MARKS });
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row as JsonObject;
  } catch (cause) {
    problem = (cause as Error).message;
  }
  return notARow(path, line, problem);
}

function notARow(path: string, line: number, problem: string): ForetokenError {
  return new ForetokenError(
    'FILE_CORRUPT',
    `${path}:${line} is not a row of this log: ${problem}. Mend or restore the file; a last line without its end is left out by itself.`,
  );
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
