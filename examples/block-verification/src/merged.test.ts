import { createRandom } from '@foretoken/core';
import {
  type AcceptanceRule,
  chainTree,
  type Decoder,
  type DraftPolicy,
  type Emission,
  type GenerationRequest,
  pointMass,
  type Tree,
} from '@foretoken/core/plugin';
import { certainOf, scriptedSession } from '@foretoken/core/testing';
import { describe, expect, test } from 'vitest';
import blockVerification from './block-verification.ts';
import merged, { merge } from './merged.ts';
import { randomTables, sampled } from './tables.fixture.ts';

const V = 10;
const decoderOf = (options: Partial<Parameters<typeof merged.create>[1]> = {}): Decoder =>
  merged.create({}, { tokens: 4, maxNgram: 3, minNgram: 2, ...options });
const chosen = () => 'chosen' as const;

describe('a chain is hung into a tree', () => {
  test('along what is there already, and beside it from where the two part', () => {
    expect(merge(chainTree([5, 6, 7]), [5, 8, 9], chosen)).toEqual({
      tokens: Int32Array.of(5, 6, 7, 8, 9),
      parent: Int32Array.of(-1, 0, 1, 0, 3),
      q: Array(5).fill('chosen'),
    });
  });

  test('nothing is added where it agrees, and all of it where nothing was drafted', () => {
    const tree = chainTree([5, 6, 7]);
    expect(merge(tree, [5, 6], chosen)).toEqual(tree);
    expect(merge(tree, [], chosen)).toEqual(tree);
    expect(merge(chainTree([]), [5, 6], chosen)).toEqual(chainTree([5, 6]));
  });

  test('a node that says the same on another branch is not its place', () => {
    const { tokens, parent } = merge(chainTree([5, 6]), [6, 6], chosen);
    expect([[...tokens], [...parent]]).toEqual([
      [5, 6, 6, 6],
      [-1, 0, -1, 2],
    ]);
  });

  test('drawn nodes keep their place and their distributions', () => {
    const q_V = Float64Array.of(0.5, 0.5);
    const tree: Tree = { tokens: Int32Array.of(0, 1), parent: Int32Array.of(-1, -1), q: [q_V, q_V] };
    expect(merge(tree, [1, 1], chosen).q).toEqual([q_V, q_V, 'chosen']);
  });
});

const request = (tokens: number[], maxTokens: number, more: Partial<GenerationRequest> = {}): GenerationRequest => ({
  prompts: [{ tokens: Int32Array.from(tokens), sampling: { temperature: 0 } }],
  maxTokens,
  rule: blockVerification.create({}, {}),
  policy: { grow: () => [] },
  random: (prompt) => createRandom(1, `prompt ${prompt}`),
  ...more,
});

async function all(emissions: AsyncIterable<Emission>): Promise<Emission[]> {
  const list: Emission[] = [];
  for await (const emission of emissions) list.push(emission);
  return list;
}

/** A model that tells this story, heads that know its next word and then say 0, and the trees that were verified. */
function telling(story: readonly number[]) {
  const session = scriptedSession({
    context: 100,
    levels: 2,
    logits: (text) => certainOf(story[text.length], V),
    drafts: (text) => [story[text.length], 0],
  });
  const verified: Tree[] = [];
  const { verify } = session;
  session.verify = (trees) => {
    verified.push(...trees);
    return verify.call(session, trees);
  };
  return { session, verified };
}
const STORY = [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 9, 8, 7];
const PROMPT = STORY.slice(0, 7);

test('where the text said it before, one forward keeps what the heads know and what the look-up adds', async () => {
  const { session, verified } = telling(STORY);
  const emissions = await all(decoderOf({ tokens: 3 }).generate(session, request(PROMPT, 6)));
  expect(emissions.map(({ tokens, accepted }) => [[...tokens], accepted])).toEqual([
    [[3, 4, 5, 9], 3],
    [[8, 7], 1],
  ]);
  expect([verified[0].tokens, verified[0].parent]).toEqual([Int32Array.of(3, 0, 4, 5), Int32Array.of(-1, 0, 0, 2)]);
  // 5 9 was not said before: the heads alone, and of them what may still be emitted.
  expect(verified[1]).toEqual(chainTree([8]));
});

test('of the look-up no more is verified than may still be emitted', async () => {
  const { session, verified } = telling(STORY);
  await all(decoderOf().generate(session, request(PROMPT, 3)));
  expect(verified.map(({ tokens }) => [...tokens])).toEqual([[3, 0, 4]]);
});

test('a rule that must know what tokens were drawn from is told that those of the look-up were certain', async () => {
  const { session, verified } = telling(STORY);
  session.draft = async () => [chainTree([])];
  const rule: AcceptanceRule = { ...blockVerification.create({}, {}), needsDrawn: true };
  await all(decoderOf({ tokens: 2 }).generate(session, request(PROMPT, 3, { rule })));
  expect(verified[0].q).toEqual([pointMass(3, V), pointMass(4, V)]);
});

test('a shortest run above the longest is refused', () => {
  expect(() => decoderOf({ maxNgram: 2, minNgram: 3 })).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining('3 > 2') }),
  );
});

test('drawn drafts and looked-up ones together leave the model’s distribution as it is', async () => {
  const [tables, length, sequences] = [randomTables(3, 5), 3, 6_000];
  const logits = (text: readonly number[]) => Float32Array.from(tables.p(text), Math.log);
  const session = scriptedSession({ context: 20, levels: 2, vocabulary: 3, logits, headDistribution: tables.q });
  const decoder = decoderOf({ minNgram: 1 });
  const prompt = [0, 1, 2, 0, 1];
  const counts = new Map<string, number>();
  const policy: DraftPolicy = {
    grow: (_tree, frontier) => frontier.map((node) => ({ node, children: 1, sampled: true })),
  };
  const random = createRandom(7, 'sequences');
  const prompts = Array.from({ length: sequences }, () => ({ tokens: Int32Array.from(prompt) }));
  const told = prompts.map((): number[] => []);
  const asked = request(prompt, length, { prompts, maxRows: 50, policy, random: () => random });
  for await (const { prompt: index, tokens } of decoder.generate(session, asked)) told[index].push(...tokens);
  for (const text of told) counts.set(String(text), (counts.get(String(text)) ?? 0) + 1);
  let [chiSquare, cells] = [0, 0];
  for (let code = 0; code < 3 ** length; code++) {
    const text = Array.from({ length }, (_, at) => Math.floor(code / 3 ** at) % 3);
    const expected = sequences * sampled(tables, [...prompt, ...text], prompt.length);
    const seen = counts.get(String(text)) ?? 0;
    if (expected === 0) expect(seen).toBe(0);
    else {
      chiSquare += (seen - expected) ** 2 / expected;
      cells++;
    }
  }
  expect(cells).toBeGreaterThan(15);
  // Above it by chance once in a million, with as many degrees of freedom as there can be, 26.
  expect(chiSquare).toBeLessThan(75.5);
});
