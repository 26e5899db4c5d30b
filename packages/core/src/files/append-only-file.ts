import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Disk, type DiskOptions, realDisk, writeError } from './disk.ts';
import { kindOf } from './kind-of.ts';
import { syncFolder, writeFully } from './write-file-atomic.ts';

/** Looks at a file that was left by another process. @returns how many of its bytes are whole */
export type WholeBytes = (handle: FileHandle, size: number) => Promise<number>;

/**
 * A file that only grows, by whole records: what a kill left torn is cut off as it is opened, a record is appended whole
 * or not at all, and what was flushed survives power loss, the name of the file included.
 *
 * Calls follow one another: await each before the next.
 */
export class AppendOnlyFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly #disk: Disk;
  #size: number;
  /** Whether bytes of a record that failed may still be behind the whole ones. */
  #isTorn = false;
  /** Whether the folder is known to hold the file's name even after power loss. */
  #isListed = false;

  private constructor(path: string, handle: FileHandle, disk: Disk, size: number) {
    this.path = path;
    this.handle = handle;
    this.#disk = disk;
    this.#size = size;
  }

  /**
   * Opens a file to append to, making it if it is not there, and cuts off what is not whole.
   * @throws FILE_WRITE, DISK_FULL
   */
  static async open(
    path: string,
    wholeBytes: WholeBytes,
    { disk = realDisk }: DiskOptions = {},
  ): Promise<AppendOnlyFile> {
    try {
      const handle = await disk.open(path, 'a+');
      try {
        const found = await handle.stat();
        const { size } = found;
        if (found.isFIFO()) throw new Error(`it is ${kindOf(found)} and no file`);
        const whole = await wholeBytes(handle, size);
        if (whole < size) await handle.truncate(whole);
        return new AppendOnlyFile(path, handle, disk, whole);
      } catch (cause) {
        await handle.close();
        throw cause;
      }
    } catch (cause) {
      throw writeError(path, cause);
    }
  }

  /** Bytes of the whole records. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds one record. After a failure the file is as it was before, at the latest when the next one is added.
   * @throws FILE_WRITE, DISK_FULL
   */
  async append(record: Uint8Array): Promise<void> {
    try {
      if (this.#isTorn) await this.#cut();
      this.#isTorn = true;
      await writeFully(this.handle, record);
      this.#size += record.byteLength;
      this.#isTorn = false;
    } catch (cause) {
      await this.#cut().catch(() => {});
      throw writeError(this.path, cause);
    }
  }

  /**
   * Cuts the file after some of its whole records; what was cut does not come back after power loss either.
   * @throws FILE_WRITE, DISK_FULL
   */
  async truncate(size: number): Promise<void> {
    try {
      this.#size = size;
      this.#isTorn = true;
      await this.#cut();
    } catch (cause) {
      throw writeError(this.path, cause);
    }
    await this.flush();
  }

  /**
   * Makes what was appended survive power loss.
   * @throws FILE_WRITE, DISK_FULL
   */
  async flush(): Promise<void> {
    try {
      await this.handle.sync();
      if (!this.#isListed) await syncFolder(dirname(this.path), { disk: this.#disk });
      this.#isListed = true;
    } catch (cause) {
      throw writeError(this.path, cause);
    }
  }

  /** Closes the file; whoever needs its last records after power loss flushes first. @throws FILE_WRITE, DISK_FULL */
  async close(): Promise<void> {
    await this.handle.close().catch((cause: unknown) => {
      throw writeError(this.path, cause);
    });
  }

  async #cut(): Promise<void> {
    await this.handle.truncate(this.#size);
    this.#isTorn = false;
  }
}
