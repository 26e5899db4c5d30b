// V vocabulary.
import type { DraftPolicy, Kept, LanguageModel, Sampling, Session, Tree } from '@foretoken/core';
import { emptyTree } from '@foretoken/core';
import { defineHead } from '@foretoken/core/plugin';
import { type Engine, openEngine } from '@foretoken/engine';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openSession } from './open-session.ts';
import { randomOf } from './rollback.fixture.ts';
import { modelOf, tinyTrunk, VOCABULARY } from './tiny-models.fixture.ts';

const SAMPLING = { temperature: 0.7, repetitionPenalty: 1.8, bias: { 2: 1.5, 5: -1 } } satisfies Sampling;
const TREE: Tree = {
  tokens: Int32Array.of(4, 7, 9),
  parent: Int32Array.of(-1, 0, -1),
  q: ['chosen', 'chosen', 'chosen'],
};
const prompt = (sampling: Sampling | undefined, ...tokens: number[]) => ({ tokens: Int32Array.from(tokens), sampling });
const nothing = (next: number): Kept => ({ path: new Int32Array(0), next });

/** Every offset says what offset 1 says: what a draft was drawn from is then known from the verdict before it. */
const echo = defineHead({ name: 'echo', create: () => ({ forward: (_offset, { trunk: [h] }) => h }) });

let engine: Engine;
let model: LanguageModel;
let session: Session;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
beforeEach(() => {
  model = modelOf(engine, tinyTrunk('attentive'), echo, { readout: 'shared' });
  session = openSession(model);
});
afterEach(() => {
  session.dispose();
  model.dispose();
});

/** Bias, then the penalty of what was seen, by the formula. */
function adjusted(logits_V: Float32Array, seen: readonly number[], { bias, repetitionPenalty }: typeof SAMPLING) {
  return Array.from(logits_V, (raw, v) => {
    const logit = raw + (bias[v as 2 | 5] ?? 0);
    if (!seen.includes(v)) return logit;
    return logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty;
  });
}

function softmaxOf(logits: readonly number[], temperature: number): number[] {
  const weights = logits.map((logit) => Math.exp(logit / temperature));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

function expectClose(got: ArrayLike<number>, wanted: readonly number[]): void {
  expect(got.length).toBe(wanted.length);
  for (const [v, value] of wanted.entries()) expect(got[v]).toBeCloseTo(value, 10);
}

test('a verdict is of the row’s own sampling, which has seen the row and the path to the node', async () => {
  session.join(prompt(undefined, 1, 2, 3));
  session.join(prompt(SAMPLING, 1, 2, 3));
  const [plain, own] = await session.verify([TREE, TREE]);
  const paths = [[], [4], [4, 7], [9]];
  for (const [index, path] of paths.entries()) {
    const node = index - 1;
    const raw = plain.logits(node);
    expect(own.logits(node)).toEqual(raw);
    const logits = adjusted(raw, [1, 2, 3, ...path], SAMPLING);
    expect(own.argmax(node)).toBe(logits.indexOf(Math.max(...logits)));
    expectClose(own.p(node), softmaxOf(logits, SAMPLING.temperature));
    expectClose(plain.p(node), softmaxOf([...raw], 1));
  }
});

test('a verdict stays what it was after its row went on', async () => {
  const row = session.join(prompt(SAMPLING, 1, 2, 3));
  const [verdict] = await session.verify([TREE]);
  const before = [...verdict.p(1)];
  session.commit([{ path: Int32Array.of(2), next: 6 }]);
  expect([...verdict.p(1)]).toEqual(before);
  session.leave(row);
  expect([...verdict.p(1)]).toEqual(before);
});

test('a copy of a row samples as its original does, and has seen its own pending token', async () => {
  const row = session.join(prompt(SAMPLING, 1, 2, 3));
  session.fork([row, row], [3, 8]);
  const verdicts = await session.verify([emptyTree(), emptyTree()]);
  for (const [index, last] of [3, 8].entries()) {
    const logits = adjusted(verdicts[index].logits(-1), [1, 2, last], SAMPLING);
    expectClose(verdicts[index].p(-1), softmaxOf(logits, SAMPLING.temperature));
  }
});

test('drawn drafts are of the row’s own sampling, chosen ones and what a policy sees are the head’s', async () => {
  for (const sampling of [undefined, SAMPLING]) session.join(prompt(sampling, 1, 2, 3));
  const verdicts = await session.verify([emptyTree(), emptyTree()]);
  session.commit([nothing(6), nothing(6)]);
  const raw = verdicts[0].logits(-1);
  const shown: Float64Array[] = [];
  const policy: DraftPolicy = {
    grow: (_tree, frontier, p, { level }) => {
      if (level > 2) return [];
      shown.push(...frontier.map(p));
      return frontier.flatMap((node) => [
        { node, children: 1, sampled: true },
        { node, children: 1, sampled: false },
      ]);
    },
  };
  const [plain, own] = await session.draft(policy, () => randomOf(3));
  for (const p of shown) expectClose(p, softmaxOf([...raw], 1));
  for (const { tokens, parent, q } of [plain, own]) {
    for (const [node, drawnFrom] of q.entries()) {
      const path = parent[node] < 0 ? [] : [tokens[parent[node]]];
      const logits = adjusted(raw, [1, 2, 3, 6, ...path], SAMPLING);
      const best = raw.indexOf(Math.max(...raw));
      if (drawnFrom === 'chosen') expect(tokens[node]).toBe(best);
      else if (q === plain.q) expectClose(drawnFrom, softmaxOf([...raw], 1));
      else expectClose(drawnFrom, softmaxOf(logits, SAMPLING.temperature));
    }
  }
});

test.each<[string, Sampling]>([
  ['a negative temperature', { temperature: -1 }],
  ['a temperature that is no number', { temperature: Number.NaN }],
  ['a bias of a token beyond the vocabulary', { bias: { [VOCABULARY]: 1 } }],
])('%s is refused and leaves no row', (_, sampling) => {
  expect(() => session.join(prompt(sampling, 1))).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
  expect(session.rows).toEqual([]);
});

test('at temperature 0 the first choice is certain, and of it alone a draft is drawn', async () => {
  session.join(prompt({ temperature: 0 }, 1, 2, 3));
  const [verdict] = await session.verify([emptyTree()]);
  const raw = verdict.logits(-1);
  const best = raw.indexOf(Math.max(...raw));
  expect(verdict.argmax(-1)).toBe(best);
  expect([...verdict.p(-1)]).toEqual(Array.from(raw, (_logit, v) => (v === best ? 1 : 0)));
  session.commit([nothing(6)]);
  const wide: DraftPolicy = {
    grow: (_tree, _frontier, _p, { level }) => (level > 1 ? [] : [{ node: -1, children: 3, sampled: true }]),
  };
  const [tree] = await session.draft(wide, () => randomOf(3));
  expect([...tree.tokens]).toEqual([best]);
});
