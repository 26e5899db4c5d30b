import { expect, test } from 'vitest';
import { missingOf, saidMissing, saidShares } from './report.mjs';

const at = (line) => ({ start: { line, column: 0 }, end: { line, column: 9 } });

/** A file in istanbul's form. */
const file = (path, statements, branches = []) => ({
  path,
  statementMap: Object.fromEntries(statements.map(([line], key) => [key, at(line)])),
  s: Object.fromEntries(statements.map(([, count], key) => [key, count])),
  branchMap: Object.fromEntries(branches.map(([loc, locations], key) => [key, { loc: at(loc), locations }])),
  b: Object.fromEntries(branches.map(([, , counts], key) => [key, counts])),
});

const whole = file('/p/src/whole.ts', [
  [1, 3],
  [2, 1],
]);
const half = file(
  '/p/src/deep/half.ts',
  [
    [10, 0],
    [2, 1],
    // Two statements on a line that was reached, and was not finished.
    [4, 5],
    [4, 0],
    [9, 0],
  ],
  [
    [2, [at(2), at(3)], [1, 0]],
    // The else of an if without one has no place of its own.
    [4, [at(4), { start: {}, end: {} }], [5, 0]],
  ],
);

test('a line counts once, as often as its most executed statement, and a branch by itself', () => {
  const missing = missingOf({ whole, half }, '/p/src');
  expect(missing).toEqual({
    lines: 6,
    branches: 4,
    files: [{ file: 'deep/half.ts', lines: [9, 10], branches: [3, 4] }],
  });
  expect(saidShares(missing)).toBe('66.67 % of 6 lines, 50.00 % of 4 branches');
  expect(saidMissing(missing)).toBe('  deep/half.ts: lines 9, 10; branches at 3, 4');
});

test('nothing is missing where all was executed, or there is nothing', () => {
  expect(saidShares(missingOf({ whole }, '/p/src'))).toBe('100.00 % of 2 lines, 100.00 % of 0 branches');
  expect(saidMissing(missingOf({}, '/p/src'))).toBe('');
});

test('the file that most is missing of comes first', () => {
  const worse = file(
    '/p/src/worse.ts',
    [1, 2, 3, 4, 5].map((line) => [line, 0]),
  );
  expect(missingOf({ half, worse }, '/p/src').files.map(({ file: name }) => name)).toEqual([
    'worse.ts',
    'deep/half.ts',
  ]);
});
