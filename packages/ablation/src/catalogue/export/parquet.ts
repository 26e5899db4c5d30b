import { parquetWriteBuffer } from 'hyparquet-writer';
import type { RunTable } from './rows.ts';

const TYPES = { number: 'DOUBLE', boolean: 'BOOLEAN', text: 'STRING' } as const;

/** A table as Parquet: numbers as DOUBLE, null where a run has no value. */
export function toParquet({ columns, rows }: RunTable): Uint8Array {
  const columnData = columns.map(({ name, type }, i) => ({
    name,
    type: TYPES[type],
    nullable: true,
    data: rows.map((row) => row[i] ?? null),
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
