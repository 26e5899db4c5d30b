import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ForetokenError } from '@foretoken/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { skippedOf } from '../skipped.ts';
import { lastMetrics } from './last-metrics.ts';
import { fingerprintOf, readRecordFile, stateOf } from './record-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'foretoken-last-metrics-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What is read of a log. */
async function last(text: string): Promise<Record<string, unknown>> {
  const file = path.join(folder, 'metrics.jsonl');
  writeFileSync(file, text);
  return Object.fromEntries(await lastMetrics(await stateOf(file)));
}

const row = (step: number, validation?: number[]): string =>
  `${JSON.stringify({ step, loss: step / 10, ...(validation && { validation: { losses: validation } }) })}\n`;

test('the last loss and the last validation are read, which may be of different steps', async () => {
  expect(await last(row(1) + row(2, [5, 6]) + row(3))).toEqual({
    step: 3,
    loss: 0.3,
    'validation.0': 5,
    'validation.1': 6,
  });
});

test('a torn last line, and lines that are no rows, are passed over', async () => {
  expect(await last(`${row(1)}${row(2)}{"step":3,"lo`)).toMatchObject({ step: 2, loss: 0.2 });
  expect(await last(`${row(1)}not JSON\n7\nnull\n`)).toMatchObject({ step: 1, loss: 0.1 });
});

test('of a long log only the end is looked at, and a line that was cut there is passed over', async () => {
  const long = Array.from({ length: 5000 }, (_, index) => row(index + 1, index === 10 ? [9] : undefined)).join('');
  expect(long.length).toBeGreaterThan(2 ** 16);
  const found = await last(long);
  expect(found).toMatchObject({ step: 5000, loss: 500 });
  expect(found).not.toHaveProperty('validation.0');
});

test('there is nothing of a log that is empty or not there', async () => {
  expect(await last('')).toEqual({});
  expect(await lastMetrics(await stateOf(path.join(folder, 'none')))).toEqual(new Map());
});

test('a record is read where it is a file of a record’s size', async () => {
  const file = path.join(folder, 'summary.json');
  writeFileSync(file, '{ "formatVersion": 2, "steps": 3 }');
  expect(await readRecordFile(await stateOf(file))).toMatchObject({ steps: 3 });
  truncateSync(file, 2 ** 26 + 1);
  await expect(readRecordFile(await stateOf(file))).rejects.toThrow(
    `FILE_CORRUPT: ${file} has 67108865 bytes; a record has at most 67108864. Restore or remove it.`,
  );
  const directory = path.join(folder, 'folder.json');
  mkdirSync(directory);
  expect(await readRecordFile(await stateOf(directory))).toBeUndefined();
  expect(fingerprintOf([{ path: 'a', size: 3, modifiedMs: 7.5 }, { path: 'b' }])).toBe('3@7.5 -');
});

test('a folder is left out with the code of what went wrong, or as one that holds no record', () => {
  const error = new ForetokenError('FORMAT_VERSION', 'a has formatVersion 9.');
  expect(skippedOf('a', error)).toEqual({ folder: 'a', code: 'FORMAT_VERSION', message: error.message });
  for (const [thrown, reason] of [
    [new TypeError('x is undefined'), 'x is undefined'],
    ['no luck', 'no luck'],
  ]) {
    expect(skippedOf('a', thrown)).toEqual({
      ...{ folder: 'a', code: 'FILE_CORRUPT' },
      message: `FILE_CORRUPT: a is not a record as this release writes it: ${reason}. Restore or remove it.`,
    });
  }
});
