import { createRandom, type DraftPolicy, type Growth, type Session, type Tree } from '@foretoken/core';
import { chainTree } from '@foretoken/core/plugin';
import { certainOf, scriptedSession } from '@foretoken/core/testing';
import { describe, expect, test } from 'vitest';
import exact from '../exact/exact.ts';
import speculative from '../speculative/speculative.ts';
import tree from '../tree/tree.ts';
import confidence, { createConfidence } from './confidence.ts';

const policyOf = (options: { threshold?: number; levels?: number; sampled?: boolean }): DraftPolicy =>
  confidence.create({}, { threshold: 0.4, sampled: false, ...options });

interface Asked {
  readonly growths: readonly Growth[];
  /** Whether the head had to run. */
  readonly ran: boolean;
}

/** What the policy says of the level behind these drafted tokens, where the head has this distribution. */
function ask(policy: DraftPolicy, drafted: readonly number[], p: readonly number[], row = 0): Asked {
  let ran = false;
  const distribution = () => {
    ran = true;
    return Float64Array.from(p);
  };
  const at = { row, level: drafted.length + 1, levels: 3, trained: 3, rows: 1 };
  return { growths: policy.grow(chainTree(drafted), [drafted.length - 1], distribution, at), ran };
}

test('it goes on while the product of the first choices is at least the threshold', () => {
  const policy = policyOf({ threshold: 0.4 });
  expect(ask(policy, [], [0.2, 0.8]).growths).toEqual([{ node: -1, children: 1, sampled: false }]);
  // .8 x .5 is the threshold itself.
  expect(ask(policy, [1], [0.5, 0.5]).growths).toHaveLength(1);
  // .8 x .5 x .99: below it.
  expect(ask(policy, [1, 0], [0.99, 0.01]).growths).toEqual([]);
});

test('a first level that is not sure enough ends the draft', () => {
  expect(ask(policyOf({ threshold: 0.9 }), [], [0.89, 0.11]).growths).toEqual([]);
});

test('0 never stops before the last level', () => {
  const policy = policyOf({ threshold: 0 });
  for (const drafted of [[], [0], [0, 0]]) expect(ask(policy, drafted, [0, 1]).growths).toHaveLength(1);
  expect(ask(policy, [0, 0, 0], [0, 1]).growths).toEqual([]);
});

test('drawn tokens count with their own probability, and an unlikely one ends the draft before the next offset runs', () => {
  const policy = policyOf({ threshold: 0.3, sampled: true });
  expect(ask(policy, [], [0.7, 0.3]).growths).toEqual([{ node: -1, children: 1, sampled: true }]);
  expect(ask(policy, [1], [1, 0]).growths).toHaveLength(1); // .3 x 1
  const unlikely = policyOf({ threshold: 0.31, sampled: true });
  ask(unlikely, [], [0.7, 0.3]);
  expect(ask(unlikely, [1], [1, 0])).toEqual({ growths: [], ran: false });
});

test('rows have paths of their own, and a new draft starts afresh', () => {
  const policy = policyOf({ threshold: 0.4 });
  ask(policy, [], [0.5, 0.5], 1);
  ask(policy, [], [1, 0], 2);
  expect(ask(policy, [0], [0.6, 0.4], 1).growths).toEqual([]); // .5 x .6
  expect(ask(policy, [0], [0.6, 0.4], 2).growths).toHaveLength(1); // 1 x .6
  expect(ask(policy, [], [0.4, 0.3, 0.3], 1).growths).toHaveLength(1);
});

test('levels are at most as many as the option says, and more than the model has are refused', async () => {
  const policy = policyOf({ threshold: 0, levels: 1 });
  expect(ask(policy, [], [1]).growths).toHaveLength(1);
  expect(ask(policy, [0], [1])).toEqual({ growths: [], ran: false });
  const refused = policyOf({ levels: 4 }).prepare!({ levels: 3 } as Session, { rows: 1, promptTokens: 1 });
  await expect(refused).rejects.toMatchObject({ code: 'DRAFT_UNSUPPORTED' });
});

/** A tree of nodes [parent, token]. */
const treeOf = (...nodes: readonly (readonly [parent: number, token: number])[]): Tree => ({
  tokens: Int32Array.from(nodes, ([, token]) => token),
  parent: Int32Array.from(nodes, ([parent]) => parent),
  q: nodes.map(() => 'chosen' as const),
});

test('of a level each node is answered by its own path', () => {
  const policy = policyOf({ threshold: 0.3 });
  const asked: number[] = [];
  const grow = (drafted: Tree, level: number, p: Readonly<Record<number, readonly number[]>>) => {
    const distribution = (node: number) => {
      asked.push(node);
      return Float64Array.from(p[node]);
    };
    const frontier = Object.keys(p)
      .map(Number)
      .sort((a, b) => a - b);
    const at = { row: 0, level, levels: 4, trained: 4, rows: 1 };
    return policy.grow(drafted, frontier, distribution, at).map(({ node }) => node);
  };
  expect(grow(treeOf(), 1, { [-1]: [0.4, 0.5, 0.1] })).toEqual([-1]);
  // The first sibling is the less likely one. .4 x .7 is too little, .5 x .7 is not, and .1 needs no distribution.
  const first = [
    [-1, 0],
    [-1, 1],
    [-1, 2],
  ] as const;
  asked.length = 0;
  expect(grow(treeOf(...first), 2, { 0: [0.7, 0.3], 1: [0.1, 0.7, 0.2], 2: [1] })).toEqual([1]);
  expect(asked).toEqual([0, 1]);
  // Below node 1: .35 x .9 of node 3, and node 4 is .05.
  asked.length = 0;
  expect(grow(treeOf(...first, [1, 1], [1, 0]), 3, { 3: [0.9, 0.1], 4: [1, 0] })).toEqual([3]);
  expect(asked).toEqual([3]);
});

describe('a row that is gone leaves nothing behind', () => {
  const V = 4;
  const after = (text: readonly number[]) => (text.at(-1)! + 1) % V;
  const ENDS = ['whole', 'reader', 'prompt', 'request', 'throws', 'window'] as const;
  const decoders = {
    speculative: speculative.create({}, {}),
    tree: tree.create({}, { nodes: 8, shape: 'dynamic', topK: 3, width: 2, rebuildEvery: 16 }),
  };

  test.each(ENDS)('%s', async (end) => {
    // One policy and one session for many generations.
    const drafts = new Map();
    const policy = createConfidence({ threshold: 0.1, sampled: false }, drafts);
    const session = scriptedSession({
      context: 16,
      levels: 3,
      logits: (text) => certainOf(after(text), V),
      headDistribution: (text) => Float64Array.from({ length: V }, (_, token) => (token === after(text) ? 0.7 : 0.1)),
    });
    const { verify } = session;
    let mostHeld = 0;
    let left = 3;
    session.verify = async (trees) => {
      mostHeld = Math.max(mostHeld, drafts.size);
      if (end === 'throws' && --left < 0) throw new Error('no forward');
      return verify.call(session, trees);
    };
    for (let generation = 0; generation < 20; generation++) {
      left = 3;
      const [own, whole] = [new AbortController(), new AbortController()];
      const request = {
        prompts: [0, 1, 2].map((token) => ({
          tokens: Int32Array.of(token),
          ...(token === 1 && { signal: own.signal }),
        })),
        maxTokens: end === 'window' ? 40 : 15,
        ...(end === 'window' && { window: 4 }),
        rule: exact.create({}, {}),
        policy,
        random: () => createRandom(0, 'row'),
        signal: whole.signal,
      };
      let seen = 0;
      const decoder = generation % 2 === 0 ? decoders.speculative : decoders.tree;
      try {
        for await (const _emission of decoder.generate(session, request)) {
          if (++seen < 2) continue;
          if (end === 'reader') break;
          if (end === 'prompt') own.abort();
          if (end === 'request') whole.abort();
        }
      } catch (error) {
        expect((error as Error).message).toMatch(/INTERRUPTED|no forward/);
      }
      expect(session.rows).toEqual([]);
      expect(drafts.size).toBe(0);
    }
    expect(mostHeld).toBe(3);
  });
});
