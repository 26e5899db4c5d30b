import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../packages/cli/src/process/exit-code.ts';
import { ERROR_CODES } from '../../packages/engine/src/errors.ts';
import { renderErrors } from '../errors/page.mjs';
import { packageSources } from '../errors/sources.mjs';
import { groupsOf } from '../errors/table.mjs';
import { inRoot } from '../setup/paths.mjs';

const read = (name) => readFileSync(inRoot(name), 'utf8');
const codes = Object.keys(ERROR_CODES);
const sorted = (names) => [...names].sort();

test('docs/reference/errors.md is what the table says: else run node scripts/errors.mjs', () => {
  expect(read('docs/reference/errors.md')).toBe(renderErrors(groupsOf(), ERROR_CODES, exitCodeOf));
});

describe('the same codes, each once, are', () => {
  test('in the table that runs and in its source', () => {
    expect(groupsOf().flatMap((group) => group.codes)).toEqual(codes);
  });

  test('in docs/reference/errors.md', () => {
    const headings = [...read('docs/reference/errors.md').matchAll(/^### (.+)$/gm)].map(([, code]) => code);
    expect(headings).toEqual(codes);
  });

  test('in the published types, as docs/reference/api/exports.md lists them: else run npm run api', () => {
    const [, listed] = /^## Error codes\n\n```text\n([\s\S]*?)\n```/m.exec(read('docs/reference/api/exports.md'));
    expect(sorted(listed.split('\n'))).toEqual(sorted(codes));
  });
});

test('comments that say what is thrown name codes of the table', () => {
  const strange = packageSources().flatMap(({ file, text }) =>
    [...text.matchAll(/@throws ([A-Z]+_[A-Z_]+)/g)]
      .filter(([, code]) => !codes.includes(code))
      .map(([, code]) => `${file}: ${code}`),
  );
  expect(strange).toEqual([]);
});

describe.each(codes)('%s', (code) => {
  const { template, cause, next } = ERROR_CODES[code];

  test('says its message, what it means in a sentence and the next step as an order', () => {
    expect(template).toMatch(/<[^<>]+>/);
    expect(template).toMatch(/<next step>$|: <[^<>]+>\.$/);
    expect(cause).toMatch(/^[A-Z].+\.$/);
    expect(next).toMatch(/^[A-Z][a-z]+\b.*\.$/);
  });
});
