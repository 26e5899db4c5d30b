import { isForetokenError, type Random, type Tree, type Verdict } from '@foretoken/core/plugin';
import { describe, expect, test } from 'vitest';
import blockVerification from './block-verification.ts';

// That the output is distributed as it should be is shown in enumeration.test.ts; here single decisions, by hand.
const rule = blockVerification.create({}, {});

/** The uniform numbers that the rule is to get; it must ask for no other. */
const uniforms = (...values: number[]): Random => {
  const left = [...values];
  const uniform = () => {
    if (left.length === 0) throw new Error('no uniform number is left');
    return left.shift()!;
  };
  return { uniform } as Random;
};
/** A model that says the same everywhere: A with 1/3, B with 2/3. */
const target = { p: () => Float64Array.of(1 / 3, 2 / 3) } as unknown as Verdict;
const [A, B] = [0, 1];
/** Drafts of heads that say A with 2/3 and B with 1/3: the example of the paper. */
const drawn = (tokens: number[], parent = tokens.map((_, node) => node - 1)): Tree => ({
  tokens: Int32Array.from(tokens),
  parent: Int32Array.from(parent),
  q: tokens.map(() => Float64Array.of(2 / 3, 1 / 3)),
});
const kept = (path: number[], next: number) => ({ path: Int32Array.from(path), next });

test('it keeps the distribution, and takes chosen candidates', () => {
  expect(rule.keeps).toEqual(['distribution']);
  expect(rule.needsDrawn).toBeFalsy();
});

test('without a draft the next token is drawn from p', () => {
  expect(rule.accept(drawn([]), target, uniforms(0.3))).toEqual(kept([], A));
  expect(rule.accept(drawn([]), target, uniforms(0.4))).toEqual(kept([], B));
});

describe('a chain of two', () => {
  test('A B: A alone would have had 1/2, but B makes up for it, and both stay without a coin', () => {
    expect(rule.accept(drawn([A, B]), target, uniforms(0.3))).toEqual(kept([0, 1], A));
  });

  test('A A: both with 1/4; else the model has nothing left behind A, and B is what it has beyond the head', () => {
    expect(rule.accept(drawn([A, A]), target, uniforms(0.24, 0.9))).toEqual(kept([0, 1], B));
    expect(rule.accept(drawn([A, A]), target, uniforms(0.26))).toEqual(kept([], B));
  });

  test('B A: both with 1/2; else B stays, and B follows it', () => {
    expect(rule.accept(drawn([B, A]), target, uniforms(0.49, 0))).toEqual(kept([0, 1], A));
    expect(rule.accept(drawn([B, A]), target, uniforms(0.51))).toEqual(kept([0], B));
  });
});

test('of a chosen chain a token stays with the model’s probability of it, the deepest first', () => {
  const chosen: Tree = { ...drawn([B, B]), q: ['chosen', 'chosen'] };
  // Both with 2/3 2/3 = 4/9. Else B alone with (2/3 - 4/9) / (1 - 4/9) = 2/5, and then A; else A at once.
  expect(rule.accept(chosen, target, uniforms(0.44, 0.3))).toEqual(kept([0, 1], A));
  expect(rule.accept(chosen, target, uniforms(0.45, 0.39))).toEqual(kept([0], A));
  expect(rule.accept(chosen, target, uniforms(0.45, 0.41))).toEqual(kept([], A));
});

test('a younger sibling is held against what the elder one left', () => {
  // A is drawn and stays with 1/2. It leaves (0, 1/3) / (1/3): B, chosen, is then certain.
  const siblings: Tree = { ...drawn([A, B], [-1, -1]), q: [Float64Array.of(2 / 3, 1 / 3), 'chosen'] };
  expect(rule.accept(siblings, target, uniforms(0.49, 0))).toEqual(kept([0], A));
  expect(rule.accept(siblings, target, uniforms(0.5, 0.9))).toEqual(kept([1], B));
});

test('what the model never says is not kept, and nothing below it is asked about', () => {
  const never = { p: (node: number) => (node < 0 ? Float64Array.of(0, 1) : impossible()) } as unknown as Verdict;
  const impossible = () => {
    throw new Error('asked below a token of probability 0');
  };
  expect(rule.accept(drawn([A, B]), never, uniforms())).toEqual(kept([], B));
});

test('at temperature 0, where all is certain, it draws nothing and gives greedy’s tokens', () => {
  const certain = {
    p: (node: number) => (node < 1 ? Float64Array.of(0, 1) : Float64Array.of(1, 0)),
  } as unknown as Verdict;
  const chosen: Tree = { ...drawn([B, B, B]), q: ['chosen', 'chosen', 'chosen'] };
  expect(rule.accept(chosen, certain, uniforms())).toEqual(kept([0, 1], A));
});

test('p is left as it was given', () => {
  const p = Float64Array.of(0.5, 0.5);
  rule.accept(drawn([A, A]), { p: () => p } as unknown as Verdict, uniforms(0.99, 0.99, 0.99));
  expect(p).toEqual(Float64Array.of(0.5, 0.5));
});

test('where p and q differ by rounding alone, a token that is not kept is followed by one of p', () => {
  const near: Tree = { ...drawn([A]), q: [Float64Array.of(1 / 3 + 4e-16, 2 / 3)] };
  expect(rule.accept(near, target, uniforms(1 - 2 ** -53, 0.9))).toEqual(kept([], B));
});

test.each([[[0, 1]], [[Number.NaN, 1]], [[]]])('a token that its q = %j cannot give is a fault of the draft', (q) => {
  const refused = (error: unknown) => isForetokenError(error) && error.code === 'PLUGIN_INVALID' && String(error);
  let said: unknown;
  try {
    rule.accept({ ...drawn([A]), q: [Float64Array.from(q)] }, target, uniforms());
  } catch (error) {
    said = refused(error);
  }
  expect(said).toContain('token 0 of node 0');
});
