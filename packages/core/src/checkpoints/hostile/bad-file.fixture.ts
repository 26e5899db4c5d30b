import type { ErrorCode } from '@foretoken/engine/errors';

/** What reads a file: each is one way in which `train --resume`, `eval`, `generate` or a report comes to it. */
export type Reader = 'safetensors' | 'checkpoint' | 'experiment' | 'provenance' | 'manifest' | 'summary' | 'metrics';

/** A file that must be refused. */
export interface BadFile {
  /** Its name under `fixtures/`, with the folder of its reader. */
  readonly name: string;
  readonly reader: Reader;
  readonly bytes: Buffer;
  readonly code: ErrorCode;
  /** Of the message. */
  readonly says: string;
}

/** Bad files by name: bytes or text, a piece of the message, and the code if it is not FILE_CORRUPT. */
export type Cases = Readonly<Record<string, readonly [content: string | Buffer, says: string, code?: ErrorCode]>>;

export function badFiles(reader: Reader, extension: string, cases: Cases): BadFile[] {
  return Object.entries(cases).map(([name, [content, says, code = 'FILE_CORRUPT']]) => ({
    name: `${reader}/${name}.${extension}`,
    reader,
    bytes: Buffer.from(content as string),
    code,
    says,
  }));
}

/** Bytes that no character set makes anything of, the same each time (a linear congruential generator). */
export function rubbish(length: number, seed: number): Buffer {
  let state = seed;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    }),
  );
}

/** A safetensors file from its parts; the length is the header's unless told otherwise. */
export function fileOf(header: string | Buffer, data: Uint8Array | number = 0, length?: bigint): Buffer {
  const json = Buffer.from(header as string);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([size, json, typeof data === 'number' ? Buffer.alloc(data) : data]);
}

/** The header's words on a tensor of F32 but for what is told otherwise; each part is JSON text. */
export function tensor(
  begin: number | string,
  end: number | string,
  { shape = `[${(Number(end) - Number(begin)) / 4}]`, dtype = '"F32"' } = {},
): string {
  return `{"dtype":${dtype},"shape":${shape},"data_offsets":[${begin},${end}]}`;
}
