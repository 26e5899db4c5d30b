import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { inRoot } from '../setup/paths.mjs';

const read = (name) => readFileSync(inRoot(name), 'utf8');

/** The promises of a page: the rows of each section's table by what they are. */
function promisesIn(page) {
  return page
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const rows = [...section.matchAll(/^\| (\w[\w ]*) \| (.+) \|$/gm)].map(([, what, text]) => [what, text]);
      return { title: section.split('\n')[0], rows: Object.fromEntries(rows) };
    });
}

const filesIn = (text) => [...text.matchAll(/`([^`]+)`/g)].map(([, file]) => file);
const promises = promisesIn(read('docs/promises.md'));

test('docs/promises.md has every promise of files, resuming and bad values', () => {
  expect(promises.map(({ title }) => title)).toEqual([
    'A checkpoint is whole or absent',
    'Power loss',
    'Disk errors',
    'A hostile file is refused',
    'Resuming is exact to the bit',
    'Training is stable',
    'A configuration is safe to read',
    'Names stay inside',
  ]);
});

describe.each(promises)('$title', ({ rows }) => {
  test('has tests, a figure, how they were seen red, and where that is written', () => {
    expect(Object.keys(rows)).toEqual(['tests', 'figure', 'seen red', 'entry']);
  });

  test('names tests that are there, each once', () => {
    const files = filesIn(rows.tests);
    expect(files.length).toBeGreaterThan(1);
    expect(new Set(files).size).toBe(files.length);
    expect(files.filter((file) => !/\.test\.(ts|mjs)$/.test(file) || !existsSync(inRoot(file)))).toEqual([]);
  });

  test('names entries that the log has', () => {
    const entries = [...read('docs/experiments/LOG.md').matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    expect(rows.entry.split('; ').filter((entry) => !entries.includes(entry))).toEqual([]);
  });
});

test('a page that names a test that is gone, or leaves out a row, is seen', () => {
  const [found] = promisesIn(
    '# x\n\n## Power loss\n\n| | |\n|---|---|\n| tests | `gone.test.ts` |\n| seen red | a; b |\n',
  );
  expect(found).toEqual({ title: 'Power loss', rows: { tests: '`gone.test.ts`', 'seen red': 'a; b' } });
  expect(filesIn(found.rows.tests).filter((file) => !existsSync(inRoot(file)))).toEqual(['gone.test.ts']);
});
