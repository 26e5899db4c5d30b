// V vocabulary. The tree decoder over a scripted session: which candidates are verified, of which rows, how deep.
import type { Decoder, DraftPolicy, Emission, GenerationRequest, Random, Tree } from '@foretoken/core';
import { certainOf, scriptedSession } from '@foretoken/core/testing';
import { describe, expect, test } from 'vitest';
import exact from '../exact/exact.ts';
import fixed from '../fixed/fixed.ts';
import { wordsOf } from './drive-plan.fixture.ts';
import tree from './tree.ts';

const V = 4;
const DEFAULTS = { nodes: 16, shape: 'dynamic', topK: 4, width: 4, rebuildEvery: 16 } as const;
type Options = Parameters<typeof tree.create>[1];
const decoderOf = (options: Partial<Options> = {}): Decoder => tree.create({}, { ...DEFAULTS, ...options });
const policyOf = (levels?: number): DraftPolicy =>
  fixed.create({}, { sampled: false, ...(levels !== undefined && { levels }) });
const request = (maxTokens: number, more: Partial<GenerationRequest> = {}): GenerationRequest => ({
  prompts: [{ tokens: Int32Array.of(0) }],
  maxTokens,
  rule: exact.create({}, {}),
  policy: policyOf(),
  random: () => ({ uniform: () => 0.5 }) as Random,
  ...more,
});

/** A model that counts on by one, with heads that say the next token with .6, the one after with .3, the last with .1. */
function scripted({ levels = 3, context = 60 } = {}) {
  const headDistribution = (history: readonly number[]) => {
    const p_V = new Float64Array(V);
    for (const [rank, p] of [0.6, 0.3, 0.1, 0].entries()) p_V[(history.at(-1)! + 1 + rank) % V] = p;
    return p_V;
  };
  const logits = (history: readonly number[]) => certainOf((history.at(-1)! + 1) % V, V);
  const session = scriptedSession({ context, levels, logits, headDistribution });
  const verified: (readonly Tree[])[] = [];
  const { verify } = session;
  session.verify = (trees) => {
    verified.push(trees);
    return verify.call(session, trees);
  };
  return { session, verified, words: () => verified.map(([first]) => wordsOf(first)) };
}

async function all(emissions: AsyncIterable<Emission>): Promise<Emission[]> {
  const list: Emission[] = [];
  for await (const emission of emissions) list.push(emission);
  return list;
}

test('the best candidates of all levels are verified, and the path that the model takes is kept', async () => {
  const { session, words } = scripted();
  const emissions = await all(decoderOf({ nodes: 5 }).generate(session, request(8)));
  // Behind 0. Values: 1 .6, 1 2 .36, 2 .3, 1 2 3 .216, then .18 of both 1 3 and 2 3: the earlier.
  expect(words()[0]).toEqual(['1', '2', '1 2', '1 3', '1 2 3']);
  expect(emissions.map(({ tokens, accepted, proposed }) => [[...tokens], accepted, proposed])).toEqual([
    [[1, 2, 3, 0], 3, [2, 2, 1]],
    [[1, 2, 3, 0], 3, [2, 2, 1]],
  ]);
});

test('where few tokens are left the nodes are spent on the levels that can be kept', async () => {
  const { session, words } = scripted();
  await all(decoderOf({ nodes: 3 }).generate(session, request(2)));
  expect(words()).toEqual([['1', '2', '3']]);
});

test('a static tree has the ranks of its table', async () => {
  const { session, words } = scripted();
  const acceptance = [[0.5, 0.4], [0.5], [0.5]];
  await all(decoderOf({ shape: 'static', acceptance, nodes: 4 }).generate(session, request(8)));
  // Ranks 0 .5, 1 .4, 0 0 .25, 1 0 .2; after 0 the head's choices are 1, 2, 3. Then 1, 2 and 3 are emitted, and so on.
  expect(words()).toEqual([
    ['1', '2', '1 2', '2 3'],
    ['0', '1', '0 1', '1 2'],
    ['3', '0'],
  ]);
});

test('a static tree without a table learns from what is kept', async () => {
  const { session, words } = scripted({ levels: 2 });
  const options = { shape: 'static', nodes: 3, rebuildEvery: 2 } as const;
  await all(decoderOf(options).generate(session, request(13)));
  // By the prior 0 .6, 0 0 .36, 1 .24. Behind 0, 3 and 2. Kept twice of twice, 0 has .73 and 0 0 .54; 0 1 then has .73 x .24, 1 has .16.
  expect(words()[0]).toEqual(['1', '2', '1 2']);
  expect(words()[2]).toEqual(['3', '3 0', '3 1']);
});

describe.each(['dynamic', 'static'] as const)('a %s tree', (shape) => {
  const deepest = (words: readonly string[]) => Math.max(0, ...words.map((word) => word.split(' ').length));

  test.each([
    ['as many as were trained', {}, policyOf(), 3],
    ['fewer by its option', { levels: 2 }, policyOf(), 2],
    ['fewer by the request’s policy', {}, policyOf(1), 1],
    ['none by a policy that wants none', {}, policyOf(0), 0],
  ])('has levels: %s', async (_, options, policy, expected) => {
    const { session, words } = scripted();
    await all(decoderOf({ shape, nodes: 40, ...options }).generate(session, request(9, { policy })));
    expect(deepest(words()[0])).toBe(expected);
  });

  test('grows only where the request’s policy lets it', async () => {
    const { session, words } = scripted();
    const firstOnly: DraftPolicy = {
      grow: (_tree, [node]) => [{ node, children: 1, sampled: false }],
    };
    await all(decoderOf({ shape, nodes: 30 }).generate(session, request(9, { policy: firstOnly })));
    const parents = new Set(words()[0].map((word) => word.split(' ').slice(0, -1).join(' ')));
    expect([...parents]).toEqual(['', '1', '1 2']);
  });

  test.each([1, 2, 3, 4, 5])('never proposes what could only be cut off: %i tokens', async (maxTokens) => {
    const { session, words } = scripted();
    const emissions = await all(decoderOf({ shape }).generate(session, request(maxTokens)));
    expect(emissions.flatMap(({ tokens }) => [...tokens])).toEqual([1, 2, 3, 0, 1].slice(0, maxTokens));
    expect(deepest(words()[0])).toBe(Math.min(3, maxTokens - 1));
  });

  test('has the bits of a row alone in a batch too', async () => {
    const prompts = [0, 1, 2].map((token) => ({ tokens: Int32Array.of(token) }));
    const run = async (prompts: GenerationRequest['prompts']) => {
      const { session, verified } = scripted();
      await all(decoderOf({ shape, rebuildEvery: 1 }).generate(session, request(12, { prompts })));
      return verified;
    };
    const batch = await run(prompts);
    for (const [row, prompt] of prompts.entries()) {
      expect((await run([prompt])).map(([tree]) => tree)).toEqual(batch.map((trees) => trees[row]));
    }
  });

  test('draws its candidates where the rule needs that, or the option says so', async () => {
    const needing = { ...exact.create({}, {}), needsDrawn: true };
    const kinds = async (options: Partial<Options>, more: Partial<GenerationRequest>) => {
      const { session, verified } = scripted();
      await all(decoderOf({ shape, ...options }).generate(session, request(9, more)));
      return new Set(verified.flatMap(([{ q }]) => q.map((of) => (of === 'chosen' ? 'chosen' : 'drawn'))));
    };
    expect(await kinds({}, {})).toEqual(new Set(['chosen']));
    expect(await kinds({}, { rule: needing })).toEqual(new Set(['drawn']));
    expect(await kinds({ sampled: true }, {})).toEqual(new Set(['drawn']));
    await expect(kinds({ sampled: false }, { rule: needing })).rejects.toThrow('DRAFT_UNSUPPORTED');
  });

  test('needs a head that drafts, and as many levels as are asked for', async () => {
    const run = (levels: number, options: Partial<Options>) =>
      all(decoderOf({ shape, ...options }).generate(scripted({ levels }).session, request(1)));
    await expect(run(0, {})).rejects.toThrow(/DRAFT_UNSUPPORTED: decoder "tree" .*"greedy"/);
    await expect(run(3, { levels: 4 })).rejects.toThrow(/DRAFT_UNSUPPORTED: .*levels 4 .*drafts 3 at most/);
    await expect(run(3, { levels: 3 })).resolves.toHaveLength(1);
  });
});

test('a table beside a dynamic shape is refused', () => {
  expect(() => decoderOf({ acceptance: [[1]] })).toThrow(/OPTIONS_INVALID: .*acceptance/);
});
