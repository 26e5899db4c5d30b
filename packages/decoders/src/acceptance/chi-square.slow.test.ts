// As chi-square.test.ts, with ten times the sequences, and chains and trees through the loop of a decoder.
import { createRandom } from '@foretoken/core';
import { ancestral, sampled } from '@foretoken/core/testing';
import { describe, expect, test } from 'vitest';
import rejection from '../rejection/rejection.ts';
import { BIASED } from './biased-rules.fixture.ts';
import { fits, misfits } from './chi-square.fixture.ts';
import { decoded } from './decoded.fixture.ts';
import { CHAIN, LENGTH, TABLES, TREE } from './sampled-setting.fixture.ts';

const SEQUENCES = 1_000_000;
const EXPECTED = ancestral(TABLES, LENGTH);
const rule = rejection.create({}, {});
const seen = (counts: Float64Array) => misfits(fits(counts, EXPECTED, TABLES.vocabulary));

describe.each([
  ['chain', CHAIN, [1, 1]],
  ['tree', TREE, [2, 1]],
] as const)('rejection on a %s', (form, shape, children) => {
  test('a million sequences fit at every position and as wholes', () => {
    const counts = sampled({ tables: TABLES, shape, rule }, LENGTH, SEQUENCES, createRandom(9, form));
    expect(seen(counts)).toEqual([]);
  });

  test('a million sequences through the loop of the speculative decoder fit, too', async () => {
    expect(seen(await decoded(TABLES, { rule, children, length: LENGTH }, SEQUENCES, 10))).toEqual([]);
  });

  test('the smallest bias, a total variation of .005 on the first token, is seen through the loop', async () => {
    const smallest = BIASED.find(({ what }) => what.startsWith('keeps every candidate'))!;
    const request = { rule: smallest.rule, children, length: LENGTH };
    expect(seen(await decoded(TABLES, request, SEQUENCES, 11))).not.toEqual([]);
  });
});
