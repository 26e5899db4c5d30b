// V vocabulary. Under a decoder that makes trees: of each level that the policy asks for, several nodes are verified.
import { createRandom, type Decoder } from '@foretoken/core';
import { chainTree } from '@foretoken/core/plugin';
import { certainOf, scriptedSession } from '@foretoken/core/testing';
import { describe, expect, test } from 'vitest';
import exact from '../exact/exact.ts';
import speculative from '../speculative/speculative.ts';
import tree from '../tree/tree.ts';
import { expectedTokens } from './acceptance-estimate.ts';
import { CostModel } from './cost-model.ts';
import { generate } from './timed-generation.fixture.ts';
import { TimedSession } from './timed-session.fixture.ts';

const OPTIONS = { explore: 0.01, memory: 256, sampled: false };

describe('heads that are right at last are drafted from again, after 500 outcomes of nothing but rejections', () => {
  const V = 4;
  const DECODERS: [string, Decoder, number][] = [
    ['speculative', speculative.create({}, {}), 3],
    ['tree', tree.create({}, { nodes: 8, shape: 'dynamic', topK: 3, width: 2, rebuildEvery: 16 }), 8],
  ];

  test.each(DECODERS)('%s', async (_, decoder, nodes) => {
    const after = (text: readonly number[]) => (text.at(-1)! + 1) % V;
    const session = scriptedSession({
      context: 20_000,
      levels: 3,
      logits: (text) => certainOf(after(text), V),
      headDistribution: (text) =>
        Float64Array.from({ length: V }, (_, token) => [0.6, 0.25, 0.1, 0.05][(token - after(text) + V) % V]),
    });
    let now = 0;
    const { verify } = session;
    session.verify = (trees) => {
      now += 4 + 0.2 * Math.max(...trees.map(({ tokens }) => tokens.length));
      return verify.call(session, trees);
    };
    const policy = new CostModel(OPTIONS, () => now);
    for (let outcome = 0; outcome < 500; outcome++) {
      policy.learn({ row: 0, tree: chainTree([0, 0, 0]), kept: { path: new Int32Array(0), next: 0 }, rows: 1 });
    }
    const request = {
      prompts: [{ tokens: Int32Array.of(0) }],
      maxTokens: 6000,
      rule: exact.create({}, {}),
      policy,
      random: () => createRandom(0, 'row'),
    };
    const proposed: (readonly number[])[] = [];
    for await (const emission of decoder.generate(session, request)) proposed.push(emission.proposed);
    // It had to come back from nothing.
    expect(proposed.slice(0, 10).filter(({ length }) => length > 0).length).toBeLessThan(10);
    const last = proposed.slice(-100, -1);
    expect(last.filter(({ length }) => length === 3).length).toBeGreaterThan(90);
    expect(Math.max(...last.map((levels) => levels.reduce((sum, count) => sum + count, 0)))).toBe(nodes);
  });
});

const SHARES = [0.8, 0.7, 0.65, 0.6, 0.5, 0.5, 0.4];
/** Up to 16 nodes cost what one does; from there on time grows with the nodes. */
const stepMs = (rows: number, levels: number, nodes: number) =>
  4 * Math.max(1, (rows * (nodes + 1)) / 16) + 0.2 * levels;
const rates = (width: number) =>
  expectedTokens(SHARES).map((tokens, levels) => (2 * tokens) / stepMs(2, levels, levels * width));

test('steps of trees take their own time, and those of chains keep theirs', async () => {
  const session = new TimedSession({ levels: 7, stepMs });
  const policy = new CostModel(OPTIONS, () => session.now);
  // Measured on chains, of which seven levels take as long as one.
  await policy.prepare(session, { rows: 2, promptTokens: 64 });
  const share = async (width: number, steps: number) => {
    session.width = width;
    const { tokens, ms } = await generate(policy, session, { rows: 2, steps, shares: SHARES });
    return tokens / ms / Math.max(...rates(width));
  };
  expect(await share(1, 3000)).toBeGreaterThan(0.97);
  await share(4, 1000);
  expect(await share(4, 3000)).toBeGreaterThan(0.97);
  // At once: nothing has to be learnt again.
  expect(await share(1, 100)).toBeGreaterThan(0.93);
  // Two levels of trees, four and more of a chain: neither is good for the other.
  expect(rates(4).indexOf(Math.max(...rates(4)))).toBe(2);
  expect(rates(4)[rates(1).indexOf(Math.max(...rates(1)))] / Math.max(...rates(4))).toBeLessThan(0.8);
  expect(rates(1)[2] / Math.max(...rates(1))).toBeLessThan(0.9);
});
