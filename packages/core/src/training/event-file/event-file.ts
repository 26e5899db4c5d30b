import type { FileHandle } from 'node:fs/promises';
import { AppendOnlyFile } from '../../files/append-only-file.ts';
import type { DiskOptions } from '../../files/disk.ts';
import type { JsonObject } from '../../files/json-file.ts';
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
  /** A record is an event. */
  readonly #file: AppendOnlyFile;
  readonly #options: EventFileOptions;
  #seconds: number;

  private constructor(file: AppendOnlyFile, options: EventFileOptions, seconds: number) {
    this.#file = file;
    this.#options = options;
    this.#seconds = seconds;
  }

  /**
   * Opens the file to append to, making it say what `rows` say: bytes that do are kept, so that a TensorBoard that reads it
   * goes on where it was.
   * @throws FILE_WRITE, DISK_FULL
   */
  static async open(path: string, rows: readonly JsonObject[], options: EventFileOptions): Promise<EventFile> {
    const { startedMs, offsets } = options;
    let seconds = 0;
    const records = rows.map((row) => {
      seconds += secondsOf(row);
      return frameRecord(scalarEvent(startedMs / 1000 + seconds, row.step as number, scalarsOf(row, offsets)));
    });
    const expected = Buffer.concat([frameRecord(versionEvent(startedMs / 1000)), ...records]);
    const rightBytes = async (handle: FileHandle, size: number) =>
      size >= expected.length && (await readStart(handle, expected.length)).equals(expected) ? expected.length : 0;
    const file = await AppendOnlyFile.open(path, rightBytes, options);
    try {
      if (file.size === 0) await file.append(expected);
    } catch (cause) {
      await file.close().catch(() => {});
      throw cause;
    }
    return new EventFile(file, options, seconds);
  }

  /**
   * Adds the event of one line. After a failure the file is as it was before.
   * @throws FILE_WRITE, DISK_FULL
   */
  async append(row: JsonObject): Promise<void> {
    const { startedMs, offsets } = this.#options;
    const seconds = this.#seconds + secondsOf(row);
    await this.#file.append(
      frameRecord(scalarEvent(startedMs / 1000 + seconds, row.step as number, scalarsOf(row, offsets))),
    );
    this.#seconds = seconds;
  }

  /** Closes the file. It is not synced: what a power cut takes is written again from the metrics. */
  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** No more than that: what has the file's name may have no end. */
async function readStart(handle: FileHandle, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, length - done, done);
    if (bytesRead === 0) return bytes.subarray(0, done);
    done += bytesRead;
  }
  return bytes;
}

const secondsOf = ({ seconds }: JsonObject): number => (typeof seconds === 'number' ? seconds : 0);
