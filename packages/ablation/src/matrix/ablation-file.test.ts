import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ForetokenError, isForetokenError } from '@foretoken/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ablationInvalid, MAX_PROBLEMS, readAblation } from './ablation-file.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'foretoken-ablation-file-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (text: string) => {
  const file = path.join(folder, 'f.yaml');
  writeFileSync(file, text);
  return readAblation(file);
};

function refusalOf(text: string): ForetokenError {
  try {
    read(text);
  } catch (error) {
    if (isForetokenError(error)) return error;
    throw error;
  }
  throw new Error('it was read');
}

const problemsOf = (text: string) => {
  const { code, problems } = refusalOf(text);
  expect(code).toBe('ABLATION_INVALID');
  return problems.map((problem) => problem.replace(`${folder}${path.sep}`, ''));
};

describe('an ablation file', () => {
  it('is read as it is written, with the places of its values, and apart from them', () => {
    const { file, source } = read('name: t\nbase: b.yaml\noutput: out\naxes: { training.batch: [1, 2] }');
    expect(file).toEqual({ name: 't', base: 'b.yaml', output: 'out', axes: { 'training.batch': [1, 2] } });
    expect(source.value).toEqual(file);
    expect(source.value).not.toBe(file);
    expect(source.describe(['axes', 'training.batch', 1])).toBe(`${path.join(folder, 'f.yaml')}:4:29`);
  });

  it('is refused with every problem, each at its value or at its key, from the top to the bottom', () => {
    expect(problemsOf('output: 1\nseeds: [x, 0, y]\nmatch: none\nnane: t\nbase: b.yaml\nname: ""')).toEqual([
      'f.yaml:1:9 output: must be a string, was 1.',
      'f.yaml:2:9 seeds.0: must be an integer, was "x".',
      'f.yaml:2:15 seeds.2: must be an integer, was "y".',
      expect.stringContaining('f.yaml:4:1 nane: is not a known key. Did you mean "name"?'),
      expect.stringContaining('f.yaml:6:7 name: must '),
    ]);
  });

  it('on one line is refused from the left to the right', () => {
    expect(problemsOf('{ output: 1, match: 2, base: b, name: 3 }').map((problem) => problem.split(':')[2])).toEqual([
      '11 output',
      '21 match',
      '39 name',
    ]);
  });

  it('with more errors than are looked at is told the first of them; those behind wait for the next reading', () => {
    const first = (count: number) => problemsOf(`base: b\noutput: 1\nname: t\nseeds: [${Array(count).fill('x')}]`)[0];
    expect(first(500)).toBe('f.yaml:4:9 seeds.0: must be an integer, was "x".');
    expect(first(300)).toBe('f.yaml:2:9 output: must be a string, was 1.');
  });

  it('that is no text of its format, or of another version, is told from one that is wrong', () => {
    expect(refusalOf('[').code).toBe('CONFIG_SYNTAX');
    expect(refusalOf('formatVersion: 99\nname: t\nbase: b\noutput: o').code).toBe('FORMAT_VERSION');
    expect(problemsOf('')).toEqual([expect.stringContaining('f.yaml:1:1: must be a mapping')]);
    expect(() => readAblation(path.join(folder, 'none.yaml'))).toThrow(/^CONFIG_NOT_FOUND: /);
  });
});

describe('what is wrong with an ablation', () => {
  it('is said a hundred times at most, in lines of which each is one problem', () => {
    const error = ablationInvalid(['first\nsecond', 'a\u202eb', ...Array.from({ length: 150 }, (_, i) => `p${i}`)]);
    expect(error.problems.slice(0, 3)).toEqual(['first\\u{000a}second', 'a\\u{202e}b', 'p0']);
    expect(error.problems).toHaveLength(MAX_PROBLEMS);
    expect(MAX_PROBLEMS).toBe(100);
    expect(error.code).toBe('ABLATION_INVALID');
    expect(error.message).toBe(`ABLATION_INVALID: ${error.problems.join('\n')}`);
  });
});
