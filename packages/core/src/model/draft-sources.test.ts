import { describe, expect, test } from 'vitest';
import type { Head } from '../contracts/head.ts';
import { type DraftSource, draftSources } from './draft-sources.ts';

const own = (...offsets: number[]): DraftSource[] => offsets.map((offset) => ({ offset, back: 0 }));
const sourcesOf = (declared: Partial<Head>, offsets: readonly number[]) =>
  draftSources({ head: { forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD, ...declared }, offsets });

test('offsets without a gap draft their own levels; offset 1 alone drafts none', () => {
  expect(sourcesOf({}, [1, 2, 3, 4])).toEqual(own(2, 3, 4));
  expect(sourcesOf({ memory: 'per-offset' }, [1, 2])).toEqual(own(2));
  expect(sourcesOf({}, [1])).toEqual([]);
});

test('a gap is filled by the next offset, as many columns before as it is further', () => {
  expect(sourcesOf({}, [1, 3, 6])).toEqual([
    { offset: 3, back: 1 },
    { offset: 3, back: 0 },
    { offset: 6, back: 2 },
    { offset: 6, back: 1 },
    { offset: 6, back: 0 },
  ]);
});

describe('a head drafts up to its first gap', () => {
  test.each<[string, Partial<Head>]>([
    ['with memory', { memory: 'per-offset' }],
    ['with a carry', { reads: { carry: 'nearer' } }],
    ['that reads tokens ahead', { reads: { ahead: true } }],
  ])('%s', (_, declared) => {
    expect(sourcesOf(declared, [1, 2, 4])).toEqual(own(2));
    expect(sourcesOf(declared, [1, 3])).toEqual([]);
  });
});
