import type { DraftPolicy, Kept, LanguageModel, Session, Tree } from '@foretoken/core';
import { emptyTree } from '@foretoken/core';
import { type Engine, openEngine } from '@foretoken/engine';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSession } from './open-session.ts';
import { randomOf } from './rollback.fixture.ts';
import { chain, freshLogits, nothing, prompt, step, treeOf } from './session.fixture.ts';
import { CONTEXT, tinyModel, VOCABULARY } from './tiny-models.fixture.ts';

const random = () => randomOf(1);

let engine: Engine;
let model: LanguageModel;
let session: Session;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
beforeEach(() => {
  model = tinyModel(engine, 'attentive', 'sequential');
  session = openSession(model);
});
afterEach(() => {
  session.dispose();
  model.dispose();
});

describe('rows', () => {
  test('ids are never used again and the batch keeps its order', () => {
    const [a, b, c] = [session.join(prompt(1)), session.join(prompt(2)), session.join(prompt(3))];
    session.leave(b);
    const d = session.join(prompt(4));
    expect(session.rows).toEqual([a, c, d]);
    session.fork([c, a, c]);
    expect(new Set([a, b, c, d, ...session.rows]).size).toBe(7);
    expect(session.rows).toHaveLength(3);
  });

  test('room is what the context leaves after the tokens, the pending one included', async () => {
    const row = session.join(prompt(1, 2, 3));
    expect(session.room(row)).toBe(CONTEXT - 3);
    await session.verify([treeOf([4, 5], [-1, 0])]);
    session.commit([{ path: Int32Array.of(0, 1), next: 6 }]);
    expect(session.room(row)).toBe(CONTEXT - 6);
  });

  test('a draft ends where the row has room for one more token only', async () => {
    const row = session.join({ tokens: new Int32Array(CONTEXT - 3) });
    await step(session, [nothing(1)]);
    expect(session.room(row)).toBe(2);
    const [tree] = await session.draft(chain, random);
    expect(tree.tokens).toHaveLength(1);
    await session.verify([tree]);
    session.commit([{ path: Int32Array.of(0), next: 1 }]);
    expect(session.room(row)).toBe(0);
  });

  test('forwards count verifying forwards alone', async () => {
    session.join(prompt(1, 2, 3));
    expect(session.forwards).toBe(0);
    await step(session, [nothing(1)]);
    await session.draft(chain, random);
    expect(session.forwards).toBe(1);
  });

  test('copies of a row part at their pending tokens', async () => {
    const row = session.join(prompt(1, 2, 3));
    session.fork([row, row], [4, 5]);
    const verdicts = await session.verify([emptyTree(), emptyTree()]);
    expect(verdicts[0].logits(-1)).toEqual(await freshLogits(model, [1, 2, 4]));
    expect(verdicts[1].logits(-1)).toEqual(await freshLogits(model, [1, 2, 5]));
  });

  test('a row may leave in the middle of a step', async () => {
    const [a, b] = [session.join(prompt(1, 2)), session.join(prompt(3, 4))];
    await step(session, [nothing(5), nothing(6)]);
    const trees = await session.draft(chain, random);
    await session.verify(trees);
    session.leave(a);
    expect(session.rows).toEqual([b]);
    session.commit([{ path: Int32Array.of(0), next: 7 }]);
    const [verdict] = await session.verify([emptyTree()]);
    expect(verdict.logits(-1)).toEqual(await freshLogits(model, [3, 4, 6, trees[1].tokens[0], 7]));
  });

  test('once its last row has left, a session starts a new step', async () => {
    session.leave(session.join(prompt(1)));
    const row = session.join(prompt(1));
    await session.verify([emptyTree()]);
    session.leave(row);
    expect(() => session.join(prompt(2))).not.toThrow();
  });

  test('a session without rows steps without a forward', async () => {
    expect(await session.draft(chain, random)).toEqual([]);
    expect(await session.verify([])).toEqual([]);
    session.commit([]);
    expect(session.forwards).toBe(0);
  });
});

describe('bad input', () => {
  test.each<[string, number[], string]>([
    ['no token', [], 'PROMPT_EMPTY'],
    ['as many tokens as the context', Array(CONTEXT).fill(1), 'PROMPT_TOO_LONG'],
    ['a token beyond the vocabulary', [1, VOCABULARY], 'TOKEN_UNKNOWN'],
    ['a negative token', [-1], 'TOKEN_UNKNOWN'],
  ])('a prompt with %s is refused and leaves no row', (_, tokens, code) => {
    expect(() => session.join(prompt(...tokens))).toThrow(expect.objectContaining({ code }));
    expect(session.rows).toEqual([]);
  });

  test('a prompt that leaves room for one token is taken', () => {
    expect(session.room(session.join({ tokens: new Int32Array(CONTEXT - 1) }))).toBe(1);
  });

  const trees: [string, Tree, string][] = [
    ['a parent after its child', treeOf([1, 2], [1, -1]), 'SESSION_MISUSE'],
    ['a parent below -1', treeOf([1], [-2]), 'SESSION_MISUSE'],
    ['fewer parents than tokens', { ...treeOf([1, 2], [-1]) }, 'SESSION_MISUSE'],
    ['fewer distributions than tokens', { ...treeOf([1], [-1]), q: [] }, 'SESSION_MISUSE'],
    ['an unknown token', treeOf([VOCABULARY], [-1]), 'TOKEN_UNKNOWN'],
    [
      'more levels than the row has room',
      treeOf(
        Array(CONTEXT).fill(1),
        [...Array(CONTEXT).keys()].map((n) => n - 1),
      ),
      'SESSION_MISUSE',
    ],
  ];
  test.each(trees)('a tree with %s is refused and changes nothing', async (_, tree, code) => {
    session.join(prompt(1, 2));
    session.join(prompt(3, 4));
    await expect(session.verify([emptyTree(), tree])).rejects.toMatchObject({ code });
    const verdicts = await session.verify([emptyTree(), emptyTree()]);
    expect(verdicts[0].logits(-1)).toEqual(await freshLogits(model, [1, 2]));
    expect(verdicts[1].logits(-1)).toEqual(await freshLogits(model, [3, 4]));
  });

  test.each<[string, Kept, string]>([
    ['that skips a node', { path: Int32Array.of(1), next: 1 }, 'SESSION_MISUSE'],
    ['across branches', { path: Int32Array.of(0, 2), next: 1 }, 'SESSION_MISUSE'],
    ['beyond the tree', { path: Int32Array.of(0, 1, 5), next: 1 }, 'SESSION_MISUSE'],
    ['with an unknown next token', nothing(VOCABULARY), 'TOKEN_UNKNOWN'],
  ])('a path %s is refused and changes nothing', async (_, kept, code) => {
    session.join(prompt(1, 2));
    session.join(prompt(3, 4));
    await session.verify([emptyTree(), treeOf([5, 6, 7], [-1, 0, -1])]);
    expect(() => session.commit([nothing(5), kept])).toThrow(expect.objectContaining({ code }));
    session.commit([nothing(5), { path: Int32Array.of(0, 1), next: 8 }]);
    const verdicts = await session.verify([emptyTree(), emptyTree()]);
    expect(verdicts[0].logits(-1)).toEqual(await freshLogits(model, [1, 2, 5]));
    expect(verdicts[1].logits(-1)).toEqual(await freshLogits(model, [3, 4, 5, 6, 8]));
  });

  test('a verdict refuses a node that the tree does not have', async () => {
    session.join(prompt(1, 2));
    const [verdict] = await session.verify([treeOf([3], [-1])]);
    for (const node of [-2, 1, 0.5]) {
      expect(() => verdict.p(node)).toThrow(expect.objectContaining({ code: 'SESSION_MISUSE' }));
    }
  });

  test.each<[string, DraftPolicy]>([
    ['a child for a node that is no frontier', { grow: () => [{ node: 3, children: 1, sampled: false }] }],
    ['half a child', { grow: () => [{ node: -1, children: 0.5, sampled: false }] }],
    [
      'the distribution after a node that is no frontier',
      { grow: (_tree, _frontier, p) => (p(7).length > 0 ? [] : []) },
    ],
  ])('a policy that asks for %s is refused', async (_, policy) => {
    session.join(prompt(1, 2));
    await step(session, [nothing(3)]);
    await expect(session.draft(policy, random)).rejects.toMatchObject({ code: 'PLUGIN_INVALID' });
  });
});

describe('order', () => {
  const misuse = expect.objectContaining({ code: 'SESSION_MISUSE' });

  test('every call out of order is refused, and the step goes on as if it had not been', async () => {
    session.join(prompt(1, 2));
    expect(() => session.commit([nothing(1)])).toThrow(misuse);
    await step(session, [nothing(3)]);
    const [tree] = await session.draft(chain, random);
    await expect(session.draft(chain, random)).rejects.toEqual(misuse);
    expect(() => session.join(prompt(1))).toThrow(misuse);
    expect(() => session.fork(session.rows)).toThrow(misuse);
    expect(() => session.commit([nothing(1)])).toThrow(misuse);
    await session.verify([tree]);
    await expect(session.verify([tree])).rejects.toEqual(misuse);
    await expect(session.draft(chain, random)).rejects.toEqual(misuse);
    expect(() => session.join(prompt(1))).toThrow(misuse);
    expect(() => session.fork(session.rows)).toThrow(misuse);
    session.commit([{ path: Int32Array.of(0), next: 4 }]);
    expect(() => session.commit([nothing(1)])).toThrow(misuse);
    const [verdict] = await session.verify([emptyTree()]);
    expect(verdict.logits(-1)).toEqual(await freshLogits(model, [1, 2, 3, tree.tokens[0], 4]));
  });

  test('arrays that do not follow the rows and rows that are not there are refused', async () => {
    const row = session.join(prompt(1, 2));
    await expect(session.verify([])).rejects.toEqual(misuse);
    await session.verify([emptyTree()]);
    expect(() => session.commit([])).toThrow(misuse);
    session.commit([nothing(1)]);
    for (const call of [
      () => session.room(row + 1),
      () => session.leave(row + 1),
      () => session.fork([row, row + 1]),
      () => session.fork([row], []),
    ]) {
      expect(call).toThrow(misuse);
    }
    expect(() => session.fork([row], [VOCABULARY])).toThrow(expect.objectContaining({ code: 'TOKEN_UNKNOWN' }));
    expect(session.rows).toEqual([row]);
  });

  test('a disposed session refuses everything but to be disposed again', async () => {
    session.join(prompt(1));
    session.dispose();
    session.dispose();
    expect(() => session.join(prompt(1))).toThrow(misuse);
    await expect(session.verify([])).rejects.toEqual(misuse);
    await expect(session.draft(chain, random)).rejects.toEqual(misuse);
  });
});
