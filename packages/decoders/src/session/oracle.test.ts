// The session against whole windows run without any memory: slower, simpler, and code that the session shares nothing with.
import type { DraftPolicy, LanguageModel, Random, Tree } from '@foretoken/core';
import { emptyTree } from '@foretoken/core';
import { headTaps, memoryWithoutPast, runOffsets } from '@foretoken/core/model';
import { chainNodes, type Engine, openEngine, type Tensor2D, type Tensor3D } from '@foretoken/engine';
import { beforeAll, describe, expect, test } from 'vitest';
import { openSession } from './open-session.ts';
import { TINY_HEADS, TINY_TRUNKS, type TinyHead, tinyModel, VOCABULARY } from './tiny-models.fixture.ts';

const TEXT = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5];

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});

/** Levels asked for where the head extends: three more than it trained. */
const MOST_LEVELS = 6;

const sampledChain: DraftPolicy = {
  grow: (_tree, frontier, _p, { level }) =>
    level > MOST_LEVELS ? [] : frontier.map((node) => ({ node, children: 1, sampled: true })),
};
const uniform = (value: number) => ({ uniform: () => value }) as Random;

/** Logits of offsets at every position of a text, by one forward over the whole of it. */
function windowLogits(model: LanguageModel, text: readonly number[], offsets = model.offsets): Map<number, number[][]> {
  const T = text.length;
  const at = chainNodes(1, T);
  const memory = memoryWithoutPast(model, at);
  const from = (shift: number) =>
    engine.ops.constant<Tensor2D>(
      Int32Array.from(text, (_, t) => text[t + shift] ?? 0),
      [1, T],
    );
  const byOffset = new Map<number, number[][]>();
  engine.tidy(() => {
    const taps = model.trunk.forward(model.trunk.embed(from(0)), at, memory, headTaps(model.head));
    const aheadOf = (offset: number) => Array.from({ length: offset - 1 }, (_, j) => from(j + 1));
    const source = { trunk: taps as [Tensor3D, ...Tensor3D[]], aheadOf, at, memory };
    for (const [offset, { hidden_BTE }] of runOffsets(model, offsets, source)) {
      const hidden_TE = engine.ops.reshape<Tensor2D>(hidden_BTE, [T, hidden_BTE.shape[2]]);
      byOffset.set(offset, engine.ops.readoutLogits(hidden_TE, model.readout(offset)).arraySync());
    }
  });
  at.dispose();
  return byOffset;
}

const upTo = (offset: number) => Array.from({ length: offset }, (_, k) => k + 1);

function softmaxOf(logits: readonly number[]): number[] {
  const weights = logits.map(Math.exp);
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** Distribution over all token ids of a readout that may know only some. */
function distribution(model: LanguageModel, offset: number, logits: readonly number[]): number[] {
  const p = softmaxOf(logits);
  const { tokens_V } = model.readout(offset);
  return tokens_V ? Array.from({ length: VOCABULARY }, (_, v) => p[tokens_V.indexOf(v)] ?? 0) : p;
}

/** What a window says of a column's token at an offset; in a gap, what the next offset said of that token before. */
function said(model: LanguageModel, logits: ReadonlyMap<number, number[][]>, offset: number, column: number): number[] {
  const trained = logits.has(offset) ? offset : model.offsets.find((further) => further > offset)!;
  const at = Math.max(0, column - (trained - offset));
  return distribution(model, trained, logits.get(trained)![at]);
}

function expectClose(got: ArrayLike<number>, wanted: readonly number[]): void {
  expect(got.length).toBe(wanted.length);
  for (const [v, value] of wanted.entries()) expect(Math.abs(got[v] - value)).toBeLessThan(1e-5);
}

describe.each(TINY_TRUNKS)('on the %s trunk', (trunk) => {
  test.each(TINY_HEADS)('%s: verdicts and drafts are those of whole windows', async (head) => {
    const model = tinyModel(engine, trunk, head);
    const session = openSession(model);
    session.join({ tokens: Int32Array.from(TEXT.slice(0, 2)) });
    for (let kept = 2; kept < TEXT.length; kept++) {
      const [tree] = await session.draft(sampledChain, () => uniform((kept * 0.37) % 1));
      const levels = Math.min(session.levels, MOST_LEVELS);
      expect(tree.tokens.length).toBe(kept > 2 ? levels : 0);
      const text = [...TEXT.slice(0, kept), ...tree.tokens];
      const offsets = session.levels >= model.offsets.at(-1)! ? upTo(levels + 1) : model.offsets;
      const logits = windowLogits(model, text, offsets);
      for (const [k, q] of tree.q.entries()) {
        expectClose(q as Float64Array, said(model, logits, k + 2, kept - 2));
      }
      const [verdict] = await session.verify([tree]);
      for (let node = -1; node < tree.tokens.length; node++) {
        expectClose(verdict.logits(node), logits.get(1)![kept + node]);
        expectClose(verdict.p(node), softmaxOf(logits.get(1)![kept + node]));
      }
      session.commit([{ path: new Int32Array(0), next: TEXT[kept] }]);
    }
    session.dispose();
    model.dispose();
  });
});

/** Two drawn children on every level but the second, where the first node has one and the second none. */
const branching: DraftPolicy = {
  grow: (_tree, frontier, _p, { level }) => {
    if (level > MOST_LEVELS) return [];
    if (level === 2) return [{ node: frontier[0], children: 1, sampled: true }];
    return frontier.slice(0, 2).map((node) => ({ node, children: 2, sampled: true }));
  },
};

describe.each(TINY_TRUNKS)('trees on the %s trunk', (trunk) => {
  test.each(TINY_HEADS)(
    '%s: each node was drawn from what a window that ends with its path says, less its elder siblings',
    async (head) => {
      const model = tinyModel(engine, trunk, head);
      const session = openSession(model);
      const texts = [TEXT.slice(0, 3), TEXT.slice(2, 8)];
      for (const text of texts) session.join({ tokens: Int32Array.from(text) });
      for (const next of [7, 0, 8]) {
        await session.verify(session.rows.map(emptyTree));
        session.commit(texts.map(() => ({ path: new Int32Array(0), next })));
        for (const text of texts) text.push(next);
        let seed = next;
        const trees = await session.draft(branching, () => ({ uniform: () => (seed++ * 0.37) % 1 }) as Random);
        for (const [r, tree] of trees.entries()) expectDrawn(model, texts[r], tree);
      }
      session.dispose();
      model.dispose();
    },
  );
});

/** Compares the distribution of every node of a tree with a whole window's. */
function expectDrawn(model: LanguageModel, text: readonly number[], { tokens, parent, q }: Tree): void {
  for (const [node, drawnFrom] of q.entries()) {
    const path: number[] = [];
    for (let above = parent[node]; above >= 0; above = parent[above]) path.unshift(tokens[above]);
    const offset = path.length + 2;
    const offsets = offset > model.offsets.at(-1)! ? upTo(offset) : model.offsets;
    const logits = windowLogits(model, [...text, ...path], offsets);
    const elders = tokens.filter((_, other) => other < node && parent[other] === parent[node]);
    const p = said(model, logits, offset, text.length - 2).map((value, v) => (elders.includes(v) ? 0 : value));
    const left = p.reduce((sum, value) => sum + value, 0);
    expectClose(
      drawnFrom as Float64Array,
      p.map((value) => value / left),
    );
  }
}

test.each<TinyHead>(['sequential', 'extending', 'repeated', 'rolling'])(
  'a prompt longer than one prefill forward gives %s what whole windows give',
  async (head) => {
    const model = tinyModel(engine, 'attentive', head, { context: 200 });
    const session = openSession(model);
    const text = Array.from({ length: 160 }, (_, t) => (t * t + 3) % VOCABULARY);
    session.join({ tokens: Int32Array.from(text.slice(0, -1)) });
    const [verdict] = await session.verify([emptyTree()]);
    expectClose(verdict.logits(-1), windowLogits(model, text.slice(0, -1)).get(1)!.at(-1)!);
    session.commit([{ path: new Int32Array(0), next: text.at(-1)! }]);
    const [tree] = await session.draft(sampledChain, () => uniform(0.5));
    const offsets = upTo(tree.tokens.length + 1);
    const logits = windowLogits(model, [...text, ...tree.tokens], offsets);
    for (const [k, q] of tree.q.entries())
      expectClose(q as Float64Array, softmaxOf(logits.get(k + 2)![text.length - 2]));
    session.dispose();
    model.dispose();
  },
);
