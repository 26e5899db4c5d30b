// Every outcome of block verification on small vocabularies, with its probability: nothing is sampled.
import { describe, expect, test } from 'vitest';
import {
  constantTables,
  type Draft,
  drafts,
  type How,
  outcomes,
  randomTables,
  type Shape,
  sampled,
  type Tables,
  type Text,
} from './tables.fixture.ts';

const shape = (parent: number[], how: How | How[]): Shape => ({
  parent,
  how: Array.isArray(how) ? how : parent.map(() => how),
});
const CHAIN = [-1, 0, 1];
const CHAINS: [string, Shape][] = [
  ['one drawn token', shape([-1], 'drawn')],
  ['a drawn chain', shape(CHAIN, 'drawn')],
  ['a chosen chain', shape(CHAIN, 'chosen')],
  ['a chain that is drawn, then chosen', shape(CHAIN, ['drawn', 'chosen', 'drawn'])],
];
const TREES: [string, Shape][] = [
  ['two siblings', shape([-1, -1], 'drawn')],
  ['siblings on two levels', shape([-1, -1, 0, 0, 1], 'drawn')],
  ['a drawn chain beside a chosen one', shape([-1, 0, -1, 2], ['drawn', 'drawn', 'chosen', 'chosen'])],
  ['forks on every level', shape([-1, 0, 0, 1, 2], 'drawn')],
  ['an elder sibling with more below it', shape([-1, -1, 0, 2], ['drawn', 'chosen', 'drawn', 'drawn'])],
];
/** What the elder takes for itself is missing where more could follow. */
const DEEP_YOUNGER = shape([-1, 0, 0, 2, -1], ['drawn', 'drawn', 'chosen', 'drawn', 'chosen']);
const SEEDS = [1, 2, 3];

describe('what comes out is distributed as plain sampling’s, to 1e-12', () => {
  test.each([...CHAINS, ...TREES, ['a younger sibling with more below it', DEEP_YOUNGER] as const])('%s', (_, form) => {
    for (const seed of SEEDS) expect(largestGap(randomTables(3, seed), form), `seed ${seed}`).toBeLessThan(1e-12);
  });

  test('where the head says the very same as the model, and where they have no token in common', () => {
    const same = [0.2, 0.3, 0.5];
    for (const [, form] of [...CHAINS, TREES[1]])
      expect(largestGap(constantTables(same, same), form)).toBeLessThan(1e-12);
    const apart = constantTables([0.3, 0.7, 0, 0], [0, 0, 0.4, 0.6]);
    for (const [, form] of CHAINS) expect(largestGap(apart, form)).toBeLessThan(1e-12);
  });
});

describe('how much is kept, in the mean', () => {
  test('the paper’s example by hand: 11/9 of two tokens, where rejection keeps 10/9', () => {
    const tables = constantTables([1 / 3, 2 / 3], [2 / 3, 1 / 3]);
    const two = shape([-1, 0], 'drawn');
    expect(meanAccepted(tables, two)).toBeCloseTo(11 / 9, 14);
    expect(byRejection(tables, two)).toBeCloseTo(10 / 9, 14);
  });

  test.each([...CHAINS, ...TREES])('%s: at least as much as by rejection', (_, form) => {
    for (const seed of SEEDS) {
      const tables = randomTables(3, seed);
      expect(meanAccepted(tables, form)).toBeGreaterThanOrEqual(byRejection(tables, form) - 1e-12);
    }
  });

  test('a tree whose younger siblings have more below them may lose by it', () => {
    const difference = SEEDS.map((seed) => {
      const tables = randomTables(3, seed);
      return meanAccepted(tables, DEEP_YOUNGER) - byRejection(tables, DEEP_YOUNGER);
    });
    expect(Math.min(...difference)).toBeLessThan(-0.001);
    expect(Math.max(...difference)).toBeGreaterThan(0.01);
  });

  test('chains of several drawn tokens: more than by rejection, and as much as any rule that keeps the distribution', () => {
    for (const seed of SEEDS) {
      const tables = randomTables(3, seed);
      const [block, rejection] = [meanAccepted(tables, CHAINS[1][1]), byRejection(tables, CHAINS[1][1])];
      expect(block).toBeGreaterThan(rejection + 0.01);
      expect(block).toBeCloseTo(mostAcceptable(tables, 3), 12);
    }
  });
});

/** Largest difference to plain sampling in the probability of a text one longer than the draft is deep. */
function largestGap(tables: Tables, form: Shape): number {
  const length = 1 + depthOf(form);
  const probability = new Map<string, number>();
  for (const { share, text } of outcomes(tables, form)) {
    // Behind a step comes plain sampling; a longer text cannot be.
    for (const whole of texts(tables.vocabulary, length - text.length, text)) {
      const key = String(whole);
      probability.set(key, (probability.get(key) ?? 0) + share * sampled(tables, whole, text.length));
    }
  }
  let gap = 0;
  for (const text of texts(tables.vocabulary, length)) {
    gap = Math.max(gap, Math.abs((probability.get(String(text)) ?? 0) - sampled(tables, text)));
  }
  return gap;
}

function meanAccepted(tables: Tables, form: Shape): number {
  let mean = 0;
  for (const { share, accepted } of outcomes(tables, form)) mean += share * accepted;
  return mean;
}

/** The mean that token-wise rejection sampling keeps: a second writing of the built-in rule, for comparison alone. */
function byRejection(tables: Tables, form: Shape): number {
  let mean = 0;
  for (const draft of drafts(tables, form)) mean += draft.share * keptByRejection(tables, draft, -1);
  return mean;
}

/** Drafted tokens that it keeps below a node which was reached. */
function keptByRejection(tables: Tables, draft: Draft, node: number): number {
  const { tokens, parent, q } = draft.tree;
  let [kept, open, p_V] = [0, 1, tables.p(draft.textOf(node))];
  for (const [child, token] of tokens.entries()) {
    const said = q[child];
    if (parent[child] !== node || open === 0) continue;
    const q_V = p_V.map((_, other) => (said === 'chosen' ? Number(other === token) : said[other]));
    const ratio = Math.min(1, p_V[token] / q_V[token]);
    kept += open * ratio * (1 + keptByRejection(tables, draft, child));
    open *= 1 - ratio;
    const rest_V = p_V.map((p, other) => Math.max(0, p - q_V[other]));
    const rest = rest_V.reduce((a, b) => a + b, 0);
    p_V = rest_V.map((weight) => weight / rest);
  }
  return kept;
}

/**
 * What no rule that keeps the distribution can exceed on a drawn chain: a text is accepted with at most the probability that
 * the heads draft it, and at most what accepting its beginning leaves the model.
 */
function mostAcceptable(tables: Tables, levels: number): number {
  let most = 0;
  const visit = (text: Text, accepted: number) => {
    if (text.length === levels) return;
    const [p_V, q_V] = [tables.p(text), tables.q(text)];
    for (let token = 0; token < tables.vocabulary; token++) {
      const drafted = drawnProbability(tables, text) * q_V[token];
      const kept = Math.min(drafted, accepted * p_V[token]);
      most += kept;
      visit([...text, token], kept);
    }
  };
  visit([], 1);
  return most;
}

function drawnProbability(tables: Tables, text: Text): number {
  return text.reduce((product, token, at) => product * tables.q(text.slice(0, at))[token], 1);
}

function* texts(vocabulary: number, more: number, text: Text = []): Generator<Text> {
  if (more <= 0) yield text;
  else for (let token = 0; token < vocabulary; token++) yield* texts(vocabulary, more - 1, [...text, token]);
}

function depthOf({ parent }: Shape): number {
  const depths: number[] = [];
  for (const above of parent) depths.push(above < 0 ? 1 : depths[above] + 1);
  return Math.max(...depths);
}
