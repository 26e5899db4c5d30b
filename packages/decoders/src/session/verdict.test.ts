// V token ids: 3.
import { createSampler, type Sampling } from '@foretoken/core';
import { isForetokenError } from '@foretoken/engine/errors';
import { expect, test } from 'vitest';
import { ReadoutRows } from './readout-rows.ts';
import { Row } from './row.ts';
import { treeVerdict } from './verdict.ts';

const V = 3;
/** Row 0 belongs to another tree; then the pending token, and nodes 0 to 2. */
const LOGITS = [
  [9, 9, 9],
  [0, Math.log(2), 0],
  [5, 1, 1],
  [1, 1, 5],
  [Math.log(2), Math.log(3), 0],
];
/** Token 0 below the pending one, 2 below it; 1 beside the first. */
const TREE = { tokens: Int32Array.of(0, 2, 1), parent: Int32Array.of(-1, 0, -1) };

function verdictOf(sampling?: Sampling) {
  const readout = new ReadoutRows(Float32Array.from(LOGITS.flat()), {} as never, V, () => ({ offset: 1, row: 0 }));
  const row = new Row(0, 9, sampling && createSampler(sampling, V));
  for (const token of [1, 1]) row.push(token);
  return { verdict: treeVerdict(readout, 1, TREE, row), row };
}

const rounded = (values: ArrayLike<number>) => Array.from(values, (value) => Math.round(value * 1e6) / 1e6);

test('the pending token is node -1, and every node has the row behind it', () => {
  const { verdict } = verdictOf();
  expect([-1, 0, 1, 2].map((node) => verdict.argmax(node))).toEqual([1, 0, 2, 1]);
  expect(rounded(verdict.p(-1))).toEqual([0.25, 0.5, 0.25]);
  expect(rounded(verdict.p(2))).toEqual([0.333333, 0.5, 0.166667]);
  expect(rounded(verdict.logits(1))).toEqual([1, 1, 5]);
});

test.each([-2, 3, 0.5, Number.NaN])('asked about node %d, which is not there, it says which there are', (node) => {
  for (const sampling of [undefined, { temperature: 0.5 }]) {
    const { verdict } = verdictOf(sampling);
    for (const ask of [verdict.argmax, verdict.p, verdict.logits]) {
      try {
        ask(node);
        expect.unreachable();
      } catch (error) {
        expect(isForetokenError(error) && error.code).toBe('SESSION_MISUSE');
        expect(String(error)).toContain(`the tree has 3 nodes, numbered from 0, and -1 for the pending token; asked`);
        expect(String(error)).toContain(`about ${node}.`);
      }
    }
  }
});

test('a row’s sampling makes choice and distribution, and leaves the logits', () => {
  const { verdict } = verdictOf({ bias: { 0: Math.log(4) } });
  expect(verdict.argmax(-1)).toBe(0);
  // Weights 4, 2, 1.
  expect(rounded(verdict.p(-1))).toEqual([0.571429, 0.285714, 0.142857]);
  expect(rounded(verdict.logits(-1))).toEqual(rounded(LOGITS[1]));
});

test('a repetition penalty counts what the row holds and the path to the node, and nothing beside it', () => {
  // A penalty of 4 takes ln 2 to ln 2 / 4, and 5 to 1.25.
  const { verdict } = verdictOf({ repetitionPenalty: 4 });
  expect(rounded(verdict.p(-1))).toEqual(shares([0, Math.log(2) / 4, 0]));
  expect(rounded(verdict.p(0))).toEqual(shares([1.25, 0.25, 1]));
  expect(rounded(verdict.p(1))).toEqual(shares([0.25, 0.25, 1.25]));
  expect(rounded(verdict.p(2))).toEqual(shares([Math.log(2), Math.log(3) / 4, 0]));
  expect(verdict.argmax(2)).toBe(0);
});

test('what is committed after it was given changes nothing', () => {
  const { verdict, row } = verdictOf({ repetitionPenalty: 4 });
  const before = verdict.p(0);
  row.push(2);
  expect(verdict.p(0)).toEqual(before);
});

function shares(scores: number[]): number[] {
  const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
  return rounded(scores.map((score) => Math.exp(score) / total));
}
