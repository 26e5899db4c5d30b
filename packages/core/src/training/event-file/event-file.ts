import type { FileHandle } from 'node:fs/promises';
import { type DiskOptions, realDisk, writeError } from '../../files/disk.ts';
import type { JsonObject } from '../../files/json-file.ts';
import { writeFully } from '../../files/write-file-atomic.ts';
import { scalarEvent, versionEvent } from './event.ts';
import { scalarsOf } from './metrics-scalars.ts';
import { frameRecord } from './record.ts';

/** What the events of a run depend on besides its metrics. */
export interface EventFileOptions extends DiskOptions {
  /** When the run was started, ms since 1970: events are dated by it and the time spent in steps since. */
  readonly startedMs: number;
  /** Offsets that validation scores. */
  readonly offsets: readonly number[];
}

/**
 * TensorBoard's view of `metrics.jsonl`: an event per line. Its bytes are a function of the lines and the start of the run,
 * so a run that goes on cuts it to the lines that are kept, and one that is lost can be written again.
 */
export class EventFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #options: EventFileOptions;
  #size: number;
  #seconds: number;

  private constructor(
    path: string,
    handle: FileHandle,
    options: EventFileOptions,
    at: { size: number; seconds: number },
  ) {
    this.#path = path;
    this.#handle = handle;
    this.#options = options;
    this.#size = at.size;
    this.#seconds = at.seconds;
  }

  /**
   * Opens the file to append to, making it say what `rows` say: bytes that do are kept, so that a TensorBoard that reads it
   * goes on where it was.
   * @throws FILE_WRITE, DISK_FULL
   */
  static async open(path: string, rows: readonly JsonObject[], options: EventFileOptions): Promise<EventFile> {
    const { disk = realDisk, startedMs, offsets } = options;
    let seconds = 0;
    const records = rows.map((row) => {
      seconds += secondsOf(row);
      return frameRecord(scalarEvent(startedMs / 1000 + seconds, row.step as number, scalarsOf(row, offsets)));
    });
    const expected = Buffer.concat([frameRecord(versionEvent(startedMs / 1000)), ...records]);
    try {
      const handle = await disk.open(path, 'a+');
      try {
        const present = await handle.readFile();
        const isRight = present.subarray(0, expected.length).equals(expected);
        await handle.truncate(isRight ? expected.length : 0);
        if (!isRight) await writeFully(handle, expected);
        return new EventFile(path, handle, options, { size: expected.length, seconds });
      } catch (cause) {
        await handle.close();
        throw cause;
      }
    } catch (cause) {
      throw writeError(path, cause);
    }
  }

  /**
   * Adds the event of one line. After a failure the file is as it was before.
   * @throws FILE_WRITE, DISK_FULL
   */
  async append(row: JsonObject): Promise<void> {
    const { startedMs, offsets } = this.#options;
    const seconds = this.#seconds + secondsOf(row);
    const record = frameRecord(scalarEvent(startedMs / 1000 + seconds, row.step as number, scalarsOf(row, offsets)));
    try {
      await writeFully(this.#handle, record);
      this.#size += record.length;
      this.#seconds = seconds;
    } catch (cause) {
      await this.#handle.truncate(this.#size).catch(() => {});
      throw writeError(this.#path, cause);
    }
  }

  /** Closes the file. It is not synced: what a power cut takes is written again from the metrics. */
  async close(): Promise<void> {
    await this.#handle.close();
  }
}

const secondsOf = ({ seconds }: JsonObject): number => (typeof seconds === 'number' ? seconds : 0);
