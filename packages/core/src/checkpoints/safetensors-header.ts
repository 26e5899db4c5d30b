import { isUtf8 } from 'node:buffer';
import { ForetokenError } from '@foretoken/engine/errors';
import { jsonFault, parseStrictJson, quoted } from '../files/strict-json.ts';

/** Element types that Foretoken stores. */
export type Dtype = 'F32' | 'I32' | 'U8';

/** A tensor on the host, row-major. */
export type StoredTensor = { readonly shape: readonly number[] } & (
  | { readonly dtype: 'F32'; readonly data: Float32Array }
  | { readonly dtype: 'I32'; readonly data: Int32Array }
  | { readonly dtype: 'U8'; readonly data: Uint8Array }
);

/** One tensor as the header describes it; `begin` and `end` count from the first byte after the header. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What the header of a safetensors file says. */
export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly entries: readonly TensorEntry[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** Largest header that is read. */
export const LARGEST_HEADER = 2 ** 24;

const FIELDS = ['dtype', 'shape', 'data_offsets'] as const;

const METADATA = '__metadata__';

const OPEN_OBJECT = 0x7b;

/** The header, its tensors, their lists; and 11 marks and its rank for each tensor, so that 100,000 have room. */
const HEADER_LIMITS = { deepest: 3, mostMarks: 3 * 2 ** 19, mostKeys: 2 ** 17 } as const;

/** Bytes of one element. */
export const BYTES_PER_ELEMENT: { readonly [dtype in Dtype]: number } = { F32: 4, I32: 4, U8: 1 };

/**
 * The first bytes of a safetensors file: length, then JSON padded with spaces to a multiple of 8.
 * @throws FILE_WRITE if it would be larger than what is read back
 * @source https://github.com/huggingface/safetensors#format
 */
export function encodeHeader(path: string, { entries, metadata }: SafetensorsHeader): Uint8Array {
  const bad = badName([...metadata.keys()]) ?? badName(entries.map(({ name }) => name));
  if (bad !== undefined || entries.some(({ name }) => name === METADATA)) {
    throw new ForetokenError(
      'FILE_WRITE',
      `${path}: the name ${JSON.stringify(bad ?? METADATA)} is not allowed. Use another.`,
    );
  }
  const broken = [...metadata].find(([, text]) => LONE_SURROGATE.test(text));
  if (broken !== undefined) {
    throw new ForetokenError(
      'FILE_WRITE',
      `${path}: the text of ${quoted(broken[0])} is no Unicode, so no file can hold it. Write it without lone surrogates.`,
    );
  }
  const members = entries.map(({ name, dtype, shape, begin, end }) => [
    name,
    { dtype, shape, data_offsets: [begin, end] },
  ]);
  const json = JSON.stringify(Object.fromEntries([[METADATA, Object.fromEntries(metadata)], ...members]));
  const fault = jsonFault(json, HEADER_LIMITS);
  if (fault !== undefined)
    throw new ForetokenError('FILE_WRITE', `${path} cannot be written: of its header, ${fault}. Keep less in it.`);
  const length = Math.ceil(Buffer.byteLength(json) / 8) * 8;
  if (length > LARGEST_HEADER) {
    throw new ForetokenError(
      'FILE_WRITE',
      `${path} cannot be written: its header of ${length} bytes is larger than ${LARGEST_HEADER}. Keep less in the state.`,
    );
  }
  const bytes = Buffer.alloc(8 + length, ' ');
  bytes.writeBigUInt64LE(BigInt(length));
  bytes.write(json, 8);
  return bytes;
}

/**
 * Reads a header strictly: what it says must account for every byte of the file exactly once.
 * @param json - the bytes after the length
 * @param dataBytes - bytes of the file after the header
 * @throws FILE_CORRUPT with what is wrong
 */
export function decodeHeader(path: string, json: Uint8Array, dataBytes: number): SafetensorsHeader {
  const members = Object.entries(parseObject(path, json));
  const metadata = new Map<string, string>();
  const entries: TensorEntry[] = [];
  for (const [name, value] of members) {
    if (name === METADATA) readMetadata(path, value).forEach((text, key) => void metadata.set(key, text));
    else entries.push(readEntry(path, name, value));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCoverage(path, entries, dataBytes);
  checkNumbers(path, json);
  return { entries, metadata };
}

/** The error of a file that is not what it claims. */
export function corrupt(path: string, problem: string, cause?: unknown): ForetokenError {
  return new ForetokenError(
    'FILE_CORRUPT',
    `${path} is not a whole safetensors file: ${problem}. Use an earlier checkpoint.`,
    { cause },
  );
}

function parseObject(path: string, json: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    if (!isUtf8(json)) throw new Error('it is not UTF-8');
    value = parseStrictJson(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('utf8'), HEADER_LIMITS);
  } catch (cause) {
    throw corrupt(path, `the header is not JSON (${(cause as Error).message})`, cause);
  }
  if (!isObject(value)) throw corrupt(path, 'the header is not a JSON object');
  if (json[0] !== OPEN_OBJECT) throw corrupt(path, 'the header does not begin with "{"');
  return value;
}

function readMetadata(path: string, value: unknown): Map<string, string> {
  if (!isObject(value) || !Object.values(value).every((text) => typeof text === 'string')) {
    throw corrupt(path, `${METADATA} must be an object of strings`);
  }
  checkNames(path, Object.keys(value));
  const broken = Object.keys(value).find((key) => LONE_SURROGATE.test(value[key] as string));
  if (broken !== undefined) throw corrupt(path, `the text of ${quoted(broken)} is no Unicode`);
  return new Map(Object.entries(value as Record<string, string>));
}

function readEntry(path: string, name: string, value: unknown): TensorEntry {
  checkNames(path, [name]);
  const wrong = (problem: string) => corrupt(path, `tensor ${quoted(name)}${problem}`);
  if (!isObject(value) || Object.keys(value).length !== 3 || !FIELDS.every((field) => Object.hasOwn(value, field))) {
    throw wrong(` must have dtype, shape and data_offsets and nothing else`);
  }
  const { dtype, shape, data_offsets: offsets } = value;
  if (dtype !== 'F32' && dtype !== 'I32' && dtype !== 'U8') {
    throw wrong(` has dtype ${quotedJson(dtype)}; F32, I32 and U8 are read`);
  }
  if (!isCounts(shape)) throw wrong(` has a shape that is not a list of integers >= 0`);
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw wrong(` has data_offsets that are not [begin, end]`);
  }
  const bytes = byteLength(dtype, shape);
  if (offsets[1] - offsets[0] !== bytes) {
    const sizes = quotedJson(shape);
    throw wrong(`: ${dtype} ${sizes} takes ${bytes} bytes, its offsets span ${offsets[1] - offsets[0]}`);
  }
  return { name, dtype, shape, begin: offsets[0], end: offsets[1] };
}

function checkCoverage(path: string, entries: readonly TensorEntry[], dataBytes: number): void {
  let at = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== at) {
      throw corrupt(path, `tensor ${quoted(name)} begins at byte ${begin}, where ${at} was expected`);
    }
    at = end;
  }
  if (at > dataBytes) throw corrupt(path, `it is truncated: ${dataBytes} of ${at} bytes of data are there`);
  if (at < dataBytes) throw corrupt(path, `${dataBytes - at} bytes follow the last tensor`);
}

function checkNames(path: string, names: readonly string[]): void {
  const bad = badName(names);
  if (bad !== undefined) throw corrupt(path, `the name ${quoted(bad)} is not allowed`);
}

/** A name that some reader would take for something else. */
function badName(names: readonly string[]): string | undefined {
  return names.find((name) => name === '__proto__' || CONTROL.test(name) || LONE_SURROGATE.test(name));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** What no UTF-8 can hold, though JSON can escape it. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Every number must be written as digits alone: `1.0`, `1e2` and `-0` are counts to some readers and none to others, and
 * digits beyond 2^53 mean another number to some.
 */
function checkNumbers(path: string, json: Uint8Array): void {
  let isInString = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) isInString = !isInString;
    else if (isInString) at += byte === BACKSLASH ? 1 : 0;
    else if (NO_DIGITS.has(byte)) throw corrupt(path, 'a number of its header is not written as digits alone');
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NO_DIGITS = new Set(Buffer.from('+-.eE'));

/** Bytes of a tensor; not a safe integer where the shape is absurd. */
export function byteLength(dtype: Dtype, shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1) * BYTES_PER_ELEMENT[dtype];
}

/** A value of any size as a message can hold it. */
function quotedJson(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
