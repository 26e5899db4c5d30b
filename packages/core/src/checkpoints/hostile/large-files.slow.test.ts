import { closeSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../files/temporary-folder.fixture.ts';
import { fileOf, tensor } from './bad-file.fixture.ts';
import { readApart } from './read-apart.fixture.ts';

const LARGEST = 2 ** 24;
const MB = 2 ** 20;

/** A header of 16 MB, the largest that is read: start, as often as there is room the middle, end, blanks. */
function header(start: string, middle: (index: number) => string, end: string): Buffer {
  const parts = [start];
  let length = start.length + end.length;
  for (let index = 0, part = middle(0); length + part.length <= LARGEST; part = middle(++index)) {
    parts.push(part);
    length += part.length;
  }
  return fileOf(`${parts.join('')}${end}`.padEnd(LARGEST));
}

const name = (index: number) => `"${index.toString(36)}"`;

type Case = readonly [
  reader: 'safetensors' | 'metrics' | 'json',
  make: (file: string) => void,
  code: string | undefined,
];

const headerCase = (...parts: Parameters<typeof header>): Case => [
  'safetensors',
  (file) => writeFileSync(file, header(...parts)),
  'FILE_CORRUPT',
];

/** A file of zeros that takes no room on the disk, after a start. */
const sparse = (size: number, start = ''): ((file: string) => void) => {
  return (file) => {
    writeFileSync(file, start);
    truncateSync(file, size);
  };
};

const repeated =
  (piece: string, megabytes: number, start = '', end = '') =>
  (file: string) => {
    const to = openSync(file, 'w');
    writeSync(to, start);
    const block = piece.repeat(Math.floor(MB / piece.length));
    for (let index = 0; index < megabytes; index++) writeSync(to, block);
    writeSync(to, end);
    closeSync(to);
  };

const CASES: Readonly<Record<string, Case>> = {
  'a header of 16 MB of brackets': headerCase('{"a":', () => '[', ''),
  'a header of 16 MB of empty lists': headerCase('{"a":[[]', () => ',[]', ']}'),
  'a header of 16 MB of empty objects': headerCase('{"a":[{}', () => ',{}', ']}'),
  'a header of 16 MB of objects with keys of their own': headerCase(
    '{"":{}',
    (index) => `,${name(index)}:{"${index}":0}`,
    '}',
  ),
  'a header of 16 MB of numbers': headerCase('{"a":[0', () => ',0', ']}'),
  'a header of 16 MB of fractions': headerCase('{"a":[0.5', () => ',.5', ']}'),
  'a header of 16 MB of short texts': headerCase('{"a":[""', (index) => `,${name(index)}`, ']}'),
  'a header of 16 MB of one name': headerCase('{"', () => 'x', '":0}'),
  'a header of 16 MB of a dtype': headerCase('{"a":{"shape":[],"data_offsets":[0,0],"dtype":"', () => 'x', '"}}'),
  'a header of 16 MB of a shape': headerCase('{"a":{"dtype":"U8","data_offsets":[0,0],"shape":[9', () => ',9', ']}}'),
  'a header of 16 MB of escapes': headerCase('{"', () => '\\u0041', '":0}'),
  'a header of 16 MB of metadata that are no texts': headerCase(
    '{"__metadata__":{"":""',
    (index) => `,${name(index)}:0`,
    '}}',
  ),
  'a line of 64 MB': ['metrics', repeated('x', 64, '{"a":"', '"}\n'), 'FILE_CORRUPT'],
  'a line of 64 MB of NUL': ['metrics', repeated('\0', 64, '', '\n'), 'FILE_CORRUPT'],
  'a line of 64 MB of brackets': ['metrics', repeated('[', 64, '', '\n'), 'FILE_CORRUPT'],
  'a line of 15 MB of empty lists': ['metrics', repeated('[],', 15, '{"a":[', '0]}\n'), 'FILE_CORRUPT'],
  'a line of 15 MB of nested lists': ['metrics', repeated('[', 15, '{"a":', '\n'), 'FILE_CORRUPT'],
  'a log of a terabyte': ['metrics', sparse(2 ** 40, '{"step":1}\n'), 'FILE_CORRUPT'],
  'a record of a terabyte': ['json', sparse(2 ** 40, '{}'), 'FILE_CORRUPT'],
  'a record of 16 MB of empty objects': ['json', repeated('{},', 15, '{"a":[', '0]}'), 'FILE_CORRUPT'],
  'a record of 16 MB of nested objects': ['json', repeated('{"a":', 15), 'FILE_CORRUPT'],
  'a safetensors file of a terabyte without a header': ['safetensors', sparse(2 ** 40), 'FILE_CORRUPT'],
  'a safetensors file of a terabyte after its tensor': [
    'safetensors',
    sparse(2 ** 40, fileOf(`{"a":${tensor(0, 8)}}`).toString('latin1')),
    'FILE_CORRUPT',
  ],
  '100,000 tensors': [
    'safetensors',
    (file) => {
      const entries = Array.from({ length: 100_000 }, (_, index) => `"t${index}":${tensor(4 * index, 4 * index + 4)}`);
      writeFileSync(file, fileOf(`{${entries.join()}}`, 400_000));
    },
    undefined,
  ],
  'a header of 16 MB of metadata': [
    'safetensors',
    (file) =>
      writeFileSync(
        file,
        header('{"__metadata__":{"":""', (index) => `,${name(index)}:""`, '}}'),
      ),
    'FILE_CORRUPT',
  ],
  'as many tensors as are read': [
    'safetensors',
    (file) => {
      const entries = Array.from({ length: 114_000 }, (_, index) => `${name(index)}:${tensor(0, 0)}`);
      writeFileSync(file, fileOf(`{${entries.join()}}`));
    },
    undefined,
  ],
  'as many metadata as are read': [
    'safetensors',
    (file) => {
      const entries = Array.from({ length: 131_000 }, (_, index) => `${name(index)}:""`);
      writeFileSync(file, fileOf(`{"__metadata__":{${entries.join()}}}`));
    },
    undefined,
  ],
  '100,000 tensors of which the last is there twice': [
    'safetensors',
    (file) => {
      const entries = Array.from({ length: 100_000 }, (_, index) => `"t${index}":${tensor(0, 0)}`);
      writeFileSync(file, fileOf(`{${entries.join()},"t99999":${tensor(0, 0)}}`));
    },
    'FILE_CORRUPT',
  ],
};

it.each(Object.entries(CASES))(
  '%s: refused within a second or read, in less than 256 MB',
  async (_, [reader, make, code]) => {
    const file = join(temporaryFolder(), 'file');
    make(file);
    const [outcome] = await readApart([{ reader, file }]);
    expect(outcome.code).toBe(code);
    // What is as large as may be and whole is read, and has work to do.
    expect(outcome.ms).toBeLessThan(code === undefined ? 3000 : 1000);
    expect(outcome.peakBytes).toBeLessThan(256 * MB);
  },
);
