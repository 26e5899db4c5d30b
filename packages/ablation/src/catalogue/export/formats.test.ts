import { parquetMetadata, parquetReadObjects, parquetSchema } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../entry.ts';
import type { Fact } from '../facts.ts';
import { exportEntries } from './formats.ts';

function entry(run: Record<string, Fact>, results: Record<string, Fact> = {}): Entry {
  const facts = {
    run: new Map(Object.entries(run)),
    config: new Map<string, Fact>([['model.head.horizon', 4]]),
    results: new Map(Object.entries(results)),
    timings: new Map(),
  };
  return { kind: 'run', folder: '/x', facts };
}

const entries = [
  entry({ name: 'plain', seed: 0 }, { bits: 1.5, lossless: true }),
  entry({ name: 'a "quoted", one\nof two lines', seed: 1 }, { lossless: false, mixed: 'text' }),
  entry({ name: ' =1+1', seed: 2 }, { bits: 2.5e18, mixed: 3 }),
];

describe('exported runs', () => {
  it('as CSV quote what RFC 4180 says and keep the rest as it is', async () => {
    expect(await exportEntries(entries, 'csv')).toBe(
      'name,seed,config.model.head.horizon,results.bits,results.lossless,results.mixed\r\n' +
        'plain,0,4,1.5,true,\r\n' +
        '"a ""quoted"", one\nof two lines",1,4,,false,text\r\n' +
        '" =1+1",2,4,2500000000000000000,,3\r\n',
    );
  });

  it('as JSON lines leave out what a run has not', async () => {
    const lines = (await exportEntries(entries, 'jsonl')).toString().trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))[1]).toEqual({
      name: 'a "quoted", one\nof two lines',
      seed: 1,
      'config.model.head.horizon': 4,
      'results.lossless': false,
      'results.mixed': 'text',
    });
  });

  it('as Parquet read back with their types', async () => {
    const { buffer } = (await exportEntries(entries, 'parquet')) as Uint8Array<ArrayBuffer>;
    expect(await parquetReadObjects({ file: buffer })).toEqual([
      {
        name: 'plain',
        seed: 0,
        'config.model.head.horizon': 4,
        'results.bits': 1.5,
        'results.lossless': true,
        'results.mixed': null,
      },
      {
        ...{ name: 'a "quoted", one\nof two lines', seed: 1, 'config.model.head.horizon': 4, 'results.bits': null },
        ...{ 'results.lossless': false, 'results.mixed': 'text' },
      },
      {
        name: ' =1+1',
        seed: 2,
        'config.model.head.horizon': 4,
        'results.bits': 2.5e18,
        'results.lossless': null,
        'results.mixed': '3',
      },
    ]);
    const types = parquetSchema(parquetMetadata(buffer)).children.map(({ element }) => element.type);
    expect(types).toEqual(['BYTE_ARRAY', 'DOUBLE', 'DOUBLE', 'DOUBLE', 'BOOLEAN', 'BYTE_ARRAY']);
  });

  it('are empty texts where there is no run, and no Parquet', async () => {
    expect(await exportEntries([], 'jsonl')).toBe('');
    await expect(exportEntries([], 'parquet')).rejects.toMatchObject({ code: 'USAGE' });
  });
});
