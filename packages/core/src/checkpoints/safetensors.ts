import type { FileHandle } from 'node:fs/promises';
import { ForetokenError } from '@foretoken/engine/errors';
import type { DiskOptions } from '../files/disk.ts';
import { withRegularFile } from '../files/regular-file.ts';
import { writeFileAtomic } from '../files/write-file-atomic.ts';
import {
  byteLength,
  corrupt,
  decodeHeader,
  encodeHeader,
  LARGEST_HEADER,
  type SafetensorsHeader,
  type StoredTensor,
  type TensorEntry,
} from './safetensors-header.ts';

export type { Dtype, StoredTensor } from './safetensors-header.ts';

/** Bytes asked of the system at once. */
const LARGEST_READ = 2 ** 26;

/** Bytes up to which neighbouring tensors are read at once. */
const READ_TOGETHER = 2 ** 20;

/**
 * Writes tensors as one safetensors file, atomically and without a second copy of them in memory.
 *
 * The same tensors and metadata give the same bytes: the reference writer's order, in which wider
 * elements come first and so all are aligned.
 * @throws SHAPE_MISMATCH if data and shape disagree; DISK_FULL, FILE_WRITE
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
  options: DiskOptions = {},
): Promise<void> {
  const sorted = inFileOrder(tensors);
  const header = encodeHeader(path, { entries: layOut(path, sorted), metadata: sortedEntries(metadata) });
  await writeFileAtomic(path, chunks(header, sorted), options);
}

/**
 * Reads a safetensors file whole.
 *
 * Strict: every byte must belong to exactly one tensor, and nothing may be said twice.
 * @throws FILE_CORRUPT with what is wrong, FILE_READ
 */
export async function readSafetensors(
  path: string,
  options: DiskOptions = {},
): Promise<{ tensors: Map<string, StoredTensor>; metadata: ReadonlyMap<string, string> }> {
  return withRegularFile(path, options, async (handle, size) => {
    const { header, dataStart } = await readHeader(path, handle, size);
    const tensors = new Map<string, StoredTensor>();
    for (const entries of readTogether(header.entries)) {
      const first = entries[0].begin;
      const bytes = new Uint8Array(entries[entries.length - 1].end - first);
      await readFully(path, handle, dataStart + first, bytes);
      for (const entry of entries)
        tensors.set(
          entry.name,
          tensorOf(entry, entries.length === 1 ? bytes : bytes.slice(entry.begin - first, entry.end - first)),
        );
    }
    return { tensors, metadata: header.metadata };
  });
}

/**
 * Reads what a safetensors file says of itself, checking header and length but not the tensors' bytes.
 * @throws FILE_CORRUPT with what is wrong, FILE_READ
 */
export async function readSafetensorsHeader(path: string, options: DiskOptions = {}): Promise<SafetensorsHeader> {
  return withRegularFile(path, options, async (handle, size) => (await readHeader(path, handle, size)).header);
}

/** Tensors in the order of a file, which is that of the reference writer: F32, I32, U8, and by name within each. */
export function inFileOrder(tensors: ReadonlyMap<string, StoredTensor>): [string, StoredTensor][] {
  return [...tensors].sort(([nameA, a], [nameB, b]) => {
    if (a.dtype !== b.dtype) return a.dtype < b.dtype ? -1 : 1;
    return nameA < nameB ? -1 : 1;
  });
}

/** The bytes of a tensor, not copied. */
export function tensorBytes({ data }: StoredTensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function* chunks(header: Uint8Array, tensors: readonly [string, StoredTensor][]): Iterable<Uint8Array> {
  yield header;
  for (const [, tensor] of tensors) yield tensorBytes(tensor);
}

function layOut(path: string, tensors: readonly [string, StoredTensor][]): TensorEntry[] {
  let begin = 0;
  return tensors.map(([name, { dtype, shape, data }]) => {
    if (byteLength(dtype, shape) !== data.byteLength) {
      throw new ForetokenError(
        'SHAPE_MISMATCH',
        `${path}: tensor "${name}" must hold ${byteLength(dtype, shape)} bytes for ${dtype} [${shape}], was ${data.byteLength}.`,
      );
    }
    const entry = { name, dtype, shape, begin, end: begin + data.byteLength };
    begin = entry.end;
    return entry;
  });
}

const sortedEntries = (metadata: Readonly<Record<string, string>>) =>
  new Map(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));

async function readHeader(
  path: string,
  handle: FileHandle,
  size: number,
): Promise<{ header: SafetensorsHeader; dataStart: number }> {
  if (size < 8) throw corrupt(path, `it has ${size} bytes and no header`);
  const length = (await readFully(path, handle, 0, Buffer.alloc(8))).readBigUInt64LE();
  if (length > BigInt(LARGEST_HEADER)) {
    throw corrupt(path, `its header claims ${length} bytes; at most ${LARGEST_HEADER} are read`);
  }
  const dataStart = 8 + Number(length);
  if (dataStart > size) throw corrupt(path, `its header claims ${length} bytes, but only ${size - 8} follow`);
  const json = await readFully(path, handle, 8, Buffer.alloc(Number(length)));
  return { header: decodeHeader(path, json, size - dataStart), dataStart };
}

/** Small tensors in groups: a hundred thousand reads would take seconds. */
function readTogether(entries: readonly TensorEntry[]): TensorEntry[][] {
  const groups: TensorEntry[][] = [];
  let group: TensorEntry[] = [];
  for (const entry of entries) {
    if (group.length > 0 && entry.end - group[0].begin > READ_TOGETHER) {
      groups.push(group);
      group = [];
    }
    group.push(entry);
  }
  return group.length > 0 ? [...groups, group] : groups;
}

/** @param bytes - the tensor's alone, from the start of their buffer */
function tensorOf({ dtype, shape }: TensorEntry, bytes: Uint8Array<ArrayBuffer>): StoredTensor {
  if (dtype === 'F32') return { dtype, shape, data: new Float32Array(bytes.buffer) };
  if (dtype === 'I32') return { dtype, shape, data: new Int32Array(bytes.buffer) };
  return { dtype, shape, data: bytes };
}

async function readFully<T extends Uint8Array>(path: string, handle: FileHandle, at: number, into: T): Promise<T> {
  let done = 0;
  while (done < into.byteLength) {
    const { bytesRead } = await handle.read(into, done, Math.min(LARGEST_READ, into.byteLength - done), at + done);
    if (bytesRead === 0) throw corrupt(path, 'it became shorter while it was read');
    done += bytesRead;
  }
  return into;
}
