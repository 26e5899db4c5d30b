import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { inRoot } from '../setup/paths.mjs';
import { codesExpected, wordsRaised } from './codes.mjs';
import { packageSources, parsed, testFiles } from './sources.mjs';
import { groupsOf, TABLE } from './table.mjs';

const codes = groupsOf().flatMap((group) => group.codes);

/** Tests of how errors are shown: they name codes and raise none. */
const SHOWING = /^scripts\/|^packages\/cli\/src\/(?:errors|process)\//;
/** Files that hold codes without raising them. */
const LISTING = [TABLE, 'packages/cli/src/process/exit-code.ts'];

describe('the codes that a test expects', () => {
  const expected = (text) => codesExpected(text, ['DISK_FULL', 'FILE_READ']);

  it.each([
    "it('x', () => expect(code).toBe('DISK_FULL'));",
    "it('x', () => expect(run).toThrow(/^DISK_FULL: .*/));",
    `it('x', () => expect(run).toThrow(\`DISK_FULL: \${file}\`));`,
    "it.each([['a', 'DISK_FULL']])('%s is %s', check);",
    "const full = { code: 'DISK_FULL' };",
  ])('are named in what it compares with: %s', (text) => {
    expect(expected(text)).toEqual(['DISK_FULL']);
  });

  it.each([
    "it('says DISK_FULL', () => expect(1).toBe(1));",
    '// DISK_FULL is said\n/* DISK_FULL */',
    "it.skip('x', () => expect(code).toBe('DISK_FULL'));",
    "describe.skip('x', () => { it('y', () => expect(code).toBe('DISK_FULL')); });",
    "describe.skip.each([1])('x %i', () => { it('y', () => expect(code).toBe('DISK_FULL')); });",
    "it.todo('DISK_FULL');",
    "const made = new ForetokenError('DISK_FULL', 'why');",
    "expect(code).toBe('DISK_FULLER');",
    "expect(code).toBe('A_DISK_FULL');",
  ])('are not those of titles, comments, skipped tests and errors made by hand: %s', (text) => {
    expect(expected(text)).toEqual([]);
  });
});

test('words of a source count as raised in strings that stand alone, and not as keys', () => {
  const source = `/** DISK_FULL */ throw new ForetokenError(\`\${isFull ? 'FILE_WRITE' : code}\`, 'FILE_READ.'); const a = { 'X_Y': 1 };`;
  expect([...wordsRaised(parsed('a.ts', source))]).toEqual(['FILE_WRITE']);
});

describe('every code of the table', () => {
  const raised = new Set();
  const tested = new Map(codes.map((code) => [code, []]));

  beforeAll(() => {
    for (const source of packageSources()) {
      const isRead = !LISTING.includes(source.file) && codes.some((code) => source.text.includes(code));
      if (isRead) for (const word of wordsRaised(source)) raised.add(word);
    }
    for (const file of testFiles()) {
      if (!SHOWING.test(file)) for (const code of expectedIn(file)) tested.get(code).push(file);
    }
  });

  test('is there once', () => {
    expect(codes.length).toBeGreaterThanOrEqual(40);
    expect(codes.filter((code, i) => codes.indexOf(code) !== i)).toEqual([]);
    expect(codes.filter((code) => !/^[A-Z]+(?:_[A-Z]+)*$/.test(code))).toEqual([]);
  });

  test('is raised by the sources of a package', () => {
    expect(codes.filter((code) => !raised.has(code))).toEqual([]);
  });

  test('is expected by a test that runs', () => {
    expect(codes.filter((code) => tested.get(code).length === 0)).toEqual([]);
  });
});

/** Files that do not hold a code's letters are not read further. */
function expectedIn(file) {
  const text = readFileSync(inRoot(file), 'utf8');
  const named = codes.filter((code) => text.includes(code));
  return named.length > 0 ? codesExpected(text, named) : [];
}
