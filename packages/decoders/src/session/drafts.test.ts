// What a session drafts: how far, from whom, and what it keeps of it.
import type { DraftPolicy, LanguageModel, Sampling, Session, Tree } from '@foretoken/core';
import { emptyTree } from '@foretoken/core';
import { defineHead } from '@foretoken/core/plugin';
import { type Engine, openEngine } from '@foretoken/engine';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSession } from './open-session.ts';
import { randomOf } from './rollback.fixture.ts';
import { chain, nothing, prompt, step, treeOf } from './session.fixture.ts';
import { modelOf, type TinyHead, tinyModel, tinyTrunk, VOCABULARY } from './tiny-models.fixture.ts';

/** One level past the trained ones where the head extends. */
const fourLevels: DraftPolicy = {
  grow: (tree, frontier, p, at) => (at.level > 4 ? [] : chain.grow(tree, frontier, p, at)),
};
const oneLevel: DraftPolicy = {
  grow: (tree, frontier, p, at) => (at.level > 1 ? [] : chain.grow(tree, frontier, p, at)),
};
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
    await step(session, [nothing(3)]);
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

  test('answer no question that a policy kept from an earlier level', async () => {
    let kept: ((node: number) => Float64Array) | undefined;
    const late: DraftPolicy = {
      grow(tree, frontier, p, at) {
        kept?.(-1);
        kept = p;
        return oneLevel.grow(tree, frontier, p, at);
      },
    };
    session.join(prompt(1, 2, 3));
    await step(session, [nothing(4)]);
    await expect(session.draft(late, random)).rejects.toThrow(
      /^PLUGIN_INVALID: draft policy: p must be called before grow returns, was called later/,
    );
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

  test.each<[string, DraftPolicy['grow'], string]>([
    ['asks about a node that is none', (_tree, _frontier, p) => [p(7)] as never, 'of the frontier [-1], was 7.'],
    ['gives children to one', () => [{ node: 7, children: 1, sampled: false }], 'of the frontier [-1], was 7.'],
    ['asks for half a child', () => [{ node: -1, children: 0.5, sampled: false }], 'must be an integer >= 0, was 0.5.'],
  ])('are refused under the name of a policy that %s', async (_, grow, says) => {
    // As what a registered plugin makes carries it.
    const named = Object.defineProperty({ grow }, Symbol.for('foretoken.made-by'), {
      value: 'draft-policy "a" of b@1',
    });
    for (const [policy, name] of [
      [named, 'draft-policy "a" of b@1'],
      [{ grow }, 'draft policy'],
    ] as const) {
      const refused = expect(draftAfter(policy, 1)).rejects;
      await refused.toThrow(`PLUGIN_INVALID: ${name}: `);
      await expect(draftAfter(policy, 1)).rejects.toThrow(says);
    }
  });

  test('that are sampled follow the distribution they name, and each sibling what its elders leave', async () => {
    const draws = 3000;
    const row = session.join(prompt(1, 2));
    await step(session, [nothing(3)]);
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

/** Says nothing: every token is as good as any other. */
const flatHead = defineHead({
  name: 'flat',
  create: ({ ops }) => ({ forward: (_offset, { trunk: [hidden_BTD] }) => ops.mul(hidden_BTD, 0) }),
});
