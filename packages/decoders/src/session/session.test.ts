import type { DraftPolicy, Kept, LanguageModel, Sampling, Session, Tree } from '@foretoken/core';
import { emptyTree } from '@foretoken/core';
import { defineHead } from '@foretoken/core/plugin';
import { type Engine, openEngine } from '@foretoken/engine';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSession } from './open-session.ts';
import { randomOf } from './rollback.fixture.ts';
import { CONTEXT, modelOf, type TinyHead, tinyModel, tinyTrunk, VOCABULARY } from './tiny-models.fixture.ts';

const chain: DraftPolicy = { grow: (_, frontier) => frontier.map((node) => ({ node, children: 1, sampled: false })) };
/** One level past the trained ones where the head extends. */
const fourLevels: DraftPolicy = {
  grow: (tree, frontier, p, at) => (at.level > 4 ? [] : chain.grow(tree, frontier, p, at)),
};
const oneLevel: DraftPolicy = {
  grow: (tree, frontier, p, at) => (at.level > 1 ? [] : chain.grow(tree, frontier, p, at)),
};
const random = () => randomOf(1);
const prompt = (...tokens: number[]) => ({ tokens: Int32Array.from(tokens) });
const nothing = (next: number): Kept => ({ path: new Int32Array(0), next });
const treeOf = (tokens: number[], parent: number[]): Tree => ({
  tokens: Int32Array.from(tokens),
  parent: Int32Array.from(parent),
  q: tokens.map(() => 'chosen'),
});

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

async function step(kept: Kept[]): Promise<void> {
  await session.verify(session.rows.map(emptyTree));
  session.commit(kept);
}

/** Logits that a fresh session gives after these tokens. */
async function freshLogits(tokens: readonly number[]): Promise<Float32Array> {
  const fresh = openSession(model);
  fresh.join(prompt(...tokens));
  const [verdict] = await fresh.verify([emptyTree()]);
  fresh.dispose();
  return verdict.logits(-1);
}

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
    await step([nothing(1)]);
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
    await step([nothing(1)]);
    await session.draft(chain, random);
    expect(session.forwards).toBe(1);
  });

  test('copies of a row part at their pending tokens', async () => {
    const row = session.join(prompt(1, 2, 3));
    session.fork([row, row], [4, 5]);
    const verdicts = await session.verify([emptyTree(), emptyTree()]);
    expect(verdicts[0].logits(-1)).toEqual(await freshLogits([1, 2, 4]));
    expect(verdicts[1].logits(-1)).toEqual(await freshLogits([1, 2, 5]));
  });

  test('a row may leave in the middle of a step', async () => {
    const [a, b] = [session.join(prompt(1, 2)), session.join(prompt(3, 4))];
    await step([nothing(5), nothing(6)]);
    const trees = await session.draft(chain, random);
    await session.verify(trees);
    session.leave(a);
    expect(session.rows).toEqual([b]);
    session.commit([{ path: Int32Array.of(0), next: 7 }]);
    const [verdict] = await session.verify([emptyTree()]);
    expect(verdict.logits(-1)).toEqual(await freshLogits([3, 4, 6, trees[1].tokens[0], 7]));
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

describe('drafts', () => {
  test.each<TinyHead>(['sequential', 'unrolled', 'extending', 'rolling'])(
    'of %s let go of what every offset has read, so that tensors do not pile up',
    async (head) => {
      const other = tinyModel(engine, 'attentive', head);
      const opened = openSession(other);
      opened.join(prompt(1));
      const counts: number[] = [];
      for (let left = 12; left > 0; left--) {
        const [tree] = await opened.draft(fourLevels, random);
        await opened.verify([tree]);
        opened.commit([nothing(2)]);
        counts.push(engine.memory().numTensors);
      }
      // The first columns of a row are too few for the furthest offset to have read any for good.
      expect(new Set(counts.slice(5)).size).toBe(1);
      opened.dispose();
      other.dispose();
    },
  );

  test('are empty before the first verdict of a row, whatever the others draft', async () => {
    session.join(prompt(1, 2));
    await step([nothing(3)]);
    session.join(prompt(1, 2, 3));
    const [first, second] = await session.draft(chain, random);
    expect(first.tokens).toHaveLength(3);
    expect(second.tokens).toHaveLength(0);
  });

  test.each<[TinyHead, number, number]>([
    ['linear', 4, 3],
    ['linear', 1, 0],
    ['leap', 4, 3],
    ['anticausal', 3, 2],
    ['unrolled', 4, 3],
    // What a head extends is a chain that was trained, not the first token.
    ['extending', 1, 0],
  ])('of %s with horizon %i have %i levels at most', async (head, horizon, levels) => {
    const other = tinyModel(engine, 'attentive', head, { horizon });
    const opened = openSession(other);
    expect(opened.levels).toBe(levels);
    opened.join(prompt(1, 2));
    await opened.verify([emptyTree()]);
    opened.commit([nothing(1)]);
    const [tree] = await opened.draft(chain, random);
    expect(tree.tokens).toHaveLength(levels);
    opened.dispose();
    other.dispose();
  });

  test('run no offset that the policy does not ask for', async () => {
    const asked: number[] = [];
    const { head } = model;
    const forward: typeof head.forward = (offset, input) => {
      asked.push(offset);
      return head.forward(offset, input);
    };
    const counting = openSession({ ...model, head: { ...head, forward } });
    counting.join(prompt(1, 2, 3));
    await counting.verify([emptyTree()]);
    counting.commit([nothing(4)]);
    asked.length = 0;
    await counting.draft(oneLevel, random);
    expect(asked).toEqual([2]);
    counting.dispose();
  });

  test('take the best choices, the lower id of a tie first, and name them chosen', async () => {
    const flat = modelOf(engine, tinyTrunk('attentive'), flatHead);
    const opened = openSession(flat);
    opened.join(prompt(1, 2));
    await opened.verify([emptyTree()]);
    opened.commit([nothing(1)]);
    const wide: DraftPolicy = {
      grow: (_, frontier, _p, { level }) => (level > 1 ? [] : [{ node: frontier[0], children: 3, sampled: false }]),
    };
    const [tree] = await opened.draft(wide, random);
    expect(tree).toEqual(treeOf([0, 1, 2], [-1, -1, -1]));
    const [verdict] = await opened.verify([tree]);
    expect(verdict.argmax(2)).toBe(0);
    expect(verdict.p(0)).toEqual(new Float64Array(VOCABULARY).fill(1 / VOCABULARY));
    opened.dispose();
    flat.dispose();
  });

  /** Asks for children of the pending token alone. */
  const siblings = (...growths: { children: number; sampled: boolean }[]): DraftPolicy => ({
    grow: (_tree, _frontier, _p, { level }) => (level > 1 ? [] : growths.map((growth) => ({ node: -1, ...growth }))),
  });

  /** The tree that a policy drafts after the same three tokens, with a stream of its own. */
  async function draftAfter(policy: DraftPolicy, seed: number, sampling?: Sampling): Promise<Tree> {
    const opened = openSession(model);
    opened.join({ ...prompt(1, 2), sampling });
    await opened.verify([emptyTree()]);
    opened.commit([nothing(3)]);
    const [tree] = await opened.draft(policy, () => randomOf(seed));
    opened.dispose();
    return tree;
  }

  test('that are sampled follow the distribution they name, and each sibling what its elders leave', async () => {
    const draws = 3000;
    const row = session.join(prompt(1, 2));
    await step([nothing(3)]);
    session.fork(Array(draws).fill(row));
    const first = session.rows[0];
    const trees = await session.draft(siblings({ children: 2, sampled: true }), (id) => randomOf((id - first) * 7919));
    const pairs = trees.map(({ tokens }) => tokens);
    const p = trees[0].q[0] as Float64Array;
    for (let a = 0; a < VOCABULARY; a++) {
      for (let b = 0; b < VOCABULARY; b++) {
        const wanted = a === b ? 0 : (p[a] * p[b]) / (1 - p[a]);
        const share = pairs.filter(([elder, younger]) => elder === a && younger === b).length / draws;
        // Five standard deviations of a binomial share.
        expect(Math.abs(share - wanted)).toBeLessThanOrEqual(5 * Math.sqrt((wanted * (1 - wanted)) / draws));
      }
    }
  });

  test('that are sampled name the distribution without their elder siblings, until nothing is left', async () => {
    const { tokens, q } = await draftAfter(siblings({ children: 20, sampled: true }), 5);
    expect([...tokens].sort((a, b) => a - b)).toEqual([...Array(VOCABULARY).keys()]);
    const p = q[0] as Float64Array;
    let left = 1;
    for (const [j, own] of q.entries()) {
      const elders = new Set(tokens.slice(0, j));
      for (let v = 0; v < VOCABULARY; v++) {
        expect((own as Float64Array)[v]).toBeCloseTo(elders.has(v) ? 0 : p[v] / left, 10);
      }
      left -= p[tokens[j]];
    }
  });

  test('that are sampled after chosen siblings leave those out, too', async () => {
    const policy = siblings({ children: VOCABULARY - 1, sampled: false }, { children: 3, sampled: true });
    const { tokens, q } = await draftAfter(policy, 5);
    expect(new Set(tokens).size).toBe(VOCABULARY);
    expect(q.at(-1)).toEqual(Float64Array.from({ length: VOCABULARY }, (_, v) => (v === tokens.at(-1) ? 1 : 0)));
    const none = siblings({ children: VOCABULARY, sampled: false }, { children: 1, sampled: true });
    expect((await draftAfter(none, 5)).tokens).toHaveLength(VOCABULARY);
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
    expect(verdicts[0].logits(-1)).toEqual(await freshLogits([1, 2]));
    expect(verdicts[1].logits(-1)).toEqual(await freshLogits([3, 4]));
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
    expect(verdicts[0].logits(-1)).toEqual(await freshLogits([1, 2, 5]));
    expect(verdicts[1].logits(-1)).toEqual(await freshLogits([3, 4, 5, 6, 8]));
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
    await step([nothing(3)]);
    await expect(session.draft(policy, random)).rejects.toMatchObject({ code: 'PLUGIN_INVALID' });
  });
});

describe('order', () => {
  const misuse = expect.objectContaining({ code: 'SESSION_MISUSE' });

  test('every call out of order is refused, and the step goes on as if it had not been', async () => {
    session.join(prompt(1, 2));
    expect(() => session.commit([nothing(1)])).toThrow(misuse);
    await step([nothing(3)]);
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
    expect(verdict.logits(-1)).toEqual(await freshLogits([1, 2, 3, tree.tokens[0], 4]));
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

/** Says nothing: every token is as good as any other. */
const flatHead = defineHead({
  name: 'flat',
  create: ({ ops }) => ({ forward: (_offset, { trunk: [hidden_BTD] }) => ops.mul(hidden_BTD, 0) }),
});
