/** One number under a name, as TensorBoard draws it. */
export interface Scalar {
  readonly tag: string;
  readonly value: number;
}

/** What TensorBoard expects of the first event of a file. */
const FILE_VERSION = 'brain.Event:2';

/**
 * The first event of a file.
 * @param wallTime - seconds since 1970
 * @source TensorFlow, tensorflow/core/util/event.proto
 */
export function versionEvent(wallTime: number): Buffer {
  return Buffer.concat([double(1, wallTime), bytes(3, Buffer.from(FILE_VERSION))]);
}

/**
 * The scalars of one step as an event.
 * @param wallTime - seconds since 1970
 * @source TensorFlow, tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto
 */
export function scalarEvent(wallTime: number, step: number, scalars: readonly Scalar[]): Buffer {
  const values = scalars.map(({ tag, value }) =>
    bytes(1, Buffer.concat([bytes(1, Buffer.from(tag)), float(2, value)])),
  );
  return Buffer.concat([double(1, wallTime), varintField(2, step), bytes(5, Buffer.concat(values))]);
}

/** Protocol Buffers' wire types. */
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const key = (field: number, wire: number): number => (field << 3) | wire;

function double(field: number, value: number): Buffer {
  const out = Buffer.alloc(9);
  out[0] = key(field, WIRE.fixed64);
  out.writeDoubleLE(value, 1);
  return out;
}

function float(field: number, value: number): Buffer {
  const out = Buffer.alloc(5);
  out[0] = key(field, WIRE.fixed32);
  out.writeFloatLE(value, 1);
  return out;
}

const bytes = (field: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([key(field, WIRE.bytes)]), varint(content.length), content]);

const varintField = (field: number, value: number): Buffer =>
  Buffer.concat([Buffer.from([key(field, WIRE.varint)]), varint(value)]);

/** @param value - a whole number from 0 to 2^53 - 1 */
function varint(value: number): Buffer {
  const digits: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) digits.push((rest % 0x80) | 0x80);
  return Buffer.from([...digits, rest]);
}
