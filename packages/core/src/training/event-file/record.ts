import { maskedCrc32c } from './crc32c.ts';

/**
 * One record of a TFRecord file: length (uint64), its masked CRC, the bytes, their masked CRC; little-endian.
 * @source TensorFlow, tensorflow/core/lib/io/record_writer.h
 */
export function frameRecord(bytes: Uint8Array): Buffer {
  const record = Buffer.alloc(bytes.length + 16);
  record.writeBigUInt64LE(BigInt(bytes.length), 0);
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
  record.set(bytes, 12);
  record.writeUInt32LE(maskedCrc32c(bytes), 12 + bytes.length);
  return record;
}
