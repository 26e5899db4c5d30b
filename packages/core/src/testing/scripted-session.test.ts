import { expect, test } from 'vitest';
import type { DraftPolicy, Sampling } from '../contracts/decoding.ts';
import type { Random } from '../contracts/random.ts';
import { emptyTree } from '../generation/tree.ts';
import { scriptedSession } from './scripted-session.ts';

/** The model says 1/2, 1/4, 1/4 after anything; its head 1/8, 3/8, 1/2. */
const model = {
  context: 99,
  levels: 2,
  logits: () => Float32Array.from([0.5, 0.25, 0.25], Math.log),
  headDistribution: () => Float64Array.of(0.125, 0.375, 0.5),
};
const asking = (children: number, sampled: boolean): DraftPolicy => ({
  grow: (_tree, frontier) => frontier.slice(0, 1).map((node) => ({ node, children, sampled })),
});
const uniforms = (...values: number[]) => {
  const left = [...values];
  return () => ({ uniform: () => left.shift()! }) as Random;
};
const joined = (sampling?: Sampling) => {
  const session = scriptedSession(model);
  session.join({ tokens: Int32Array.of(0), sampling });
  return session;
};
const rounded = (p: ArrayLike<number>) => Array.from(p, (weight) => Number(weight.toFixed(6)));

test('verdicts follow the row’s sampling, and logits do not', async () => {
  const [verdict] = await joined({ topK: 2, bias: { 0: Math.log(0.5) - 1e-3 } }).verify([emptyTree()]);
  expect(verdict.argmax(-1)).toBe(1);
  expect(verdict.p(-1)[0]).toBe(0);
  expect(rounded(verdict.p(-1))).toEqual([0, 0.5, 0.5]);
  expect(verdict.logits(-1)).toEqual(model.logits());
});

test('a penalty sees the row and the path, and a verdict what was committed when it was given', async () => {
  const session = joined({ repetitionPenalty: 2 });
  const tree = { tokens: Int32Array.of(2), parent: Int32Array.of(-1), q: ['chosen' as const] };
  const [verdict] = await session.verify([tree]);
  session.commit([{ path: Int32Array.of(), next: 1 }]);
  // ln 1/2 and ln 1/4, doubled, are ln 1/4 and ln 1/16.
  expect(rounded(verdict.p(-1))).toEqual(rounded([1 / 3, 1 / 3, 1 / 3]));
  expect(rounded(verdict.p(0))).toEqual(rounded([4 / 9, 4 / 9, 1 / 9]));
});

test('drawn siblings are drawn without replacement, each from what its elders left', async () => {
  // 0.2 falls to token 1 of (1/8, 3/8, 1/2); of the rest, 1/5 and 4/5, 0.1 falls to token 0; then only 2 is left.
  const [tree] = await joined().draft(asking(5, true), uniforms(0.2, 0.1, 0.9, 0, 0, 0));
  expect([...tree.tokens.subarray(0, 3)]).toEqual([1, 0, 2]);
  expect(tree.q.slice(0, 3).map((q) => rounded(q as Float64Array))).toEqual([
    [0.125, 0.375, 0.5],
    [0.2, 0, 0.8],
    [0, 0, 1],
  ]);
  expect([...tree.parent]).toEqual([-1, -1, -1, 0, 0, 0]);
});

test('drawn candidates follow the row’s sampling, chosen ones are the head’s own first', async () => {
  const [drawn] = await joined({ temperature: 0, bias: { 2: -9 } }).draft(asking(2, true), uniforms(0.9, 0.9));
  expect([...drawn.tokens]).toEqual([1, 1]);
  const [chosen] = await joined({ temperature: 0, bias: { 2: -9 } }).draft(asking(2, false), uniforms());
  expect([...chosen.tokens]).toEqual([2, 1, 2, 1]);
  expect(chosen.q).toEqual(Array(4).fill('chosen'));
});

test('a sampling out of range is refused when its row joins', () => {
  expect(() => joined({ bias: { 3: 1 } })).toThrow('token ids in [0, 3)');
});
