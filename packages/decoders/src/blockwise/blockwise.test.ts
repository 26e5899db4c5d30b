// The model's text is 6, 7, 8, ... after 5; its heads' drafts are written down beside each case.
import type { Decoder, DraftPolicy, Emission, GenerationRequest, Random, Verdict } from '@foretoken/core';
import { certainOf, scriptedSession } from '@foretoken/core/testing';
import { expect, test } from 'vitest';
import exact from '../exact/exact.ts';
import fixed from '../fixed/fixed.ts';
import { policies } from '../generation/parity-subjects.fixture.ts';
import { chainOf, ScriptedSession } from '../generation/scripted-session.fixture.ts';
import blockwise from './blockwise.ts';

const decoderOf = (minimumBlock = 1): Decoder => blockwise.create({}, { minimumBlock });
const next = (text: readonly number[]) => (text.at(-1)! + 1) % 100;
const request = (maxTokens: number, more: Partial<GenerationRequest> = {}): GenerationRequest => ({
  prompts: [{ tokens: Int32Array.of(5) }],
  maxTokens,
  rule: exact.create({}, {}),
  policy: fixed.create({}, { sampled: false }),
  random: () => ({}) as Random,
  ...more,
});
/** Of each block the first `right` drafts are the model's own, then comes 50 more than it would say, all the way. */
const right = (count: number) => (text: readonly number[]) =>
  chainOf([1, 2, 3].map((ahead) => (text.at(-1)! + ahead + (ahead > count ? 50 : 0)) % 100));

async function tokensOf(emissions: AsyncIterable<Emission>): Promise<number[][]> {
  const list: number[][] = [];
  for await (const { tokens } of emissions) list.push([...tokens]);
  return list;
}

test.each([
  [0, [[6], [7], [8], [9]]],
  [
    1,
    [
      [6, 7],
      [8, 9],
    ],
  ],
  [2, [[6, 7, 8], [9]]],
  [3, [[6, 7, 8, 9]]],
])('of a block with %i right drafts those and the model’s next are emitted', async (count, expected) => {
  const session = new ScriptedSession({ next, draft: right(count) });
  expect(await tokensOf(decoderOf().generate(session, request(4)))).toEqual(expected);
});

// By hand, of a model that counts on by one and drafts that are 50 off: after 5, the drafts are 56, 57, 58; two of them
// are kept, and the model says 58 after 57.
test.each([
  [
    2,
    0,
    [
      [56, 57],
      [8, 9],
      [60, 61],
    ],
  ],
  [
    3,
    0,
    [
      [56, 57, 58],
      [9, 10, 11],
    ],
  ],
  [
    4,
    0,
    [
      [56, 57, 58, 59],
      [10, 11],
    ],
  ],
  [
    3,
    1,
    [
      [6, 57, 58],
      [59, 10, 11],
    ],
  ],
  [
    3,
    2,
    [
      [6, 7, 8],
      [9, 10, 11],
    ],
  ],
  [
    2,
    3,
    [
      [6, 7, 8, 9],
      [10, 11],
    ],
  ],
])('with a minimum block of %i and %i right drafts a forward keeps as many, against the rule too', async (...given) => {
  const [minimumBlock, count, expected] = given;
  const session = new ScriptedSession({ next, draft: right(count) });
  expect(await tokensOf(decoderOf(minimumBlock).generate(session, request(6)))).toEqual(expected);
});

test('what follows a draft that is kept against the rule is what the rule makes of the model there', async () => {
  const session = new ScriptedSession({ next, draft: right(0) });
  const asked: number[] = [];
  const rule = {
    ...exact.create({}, {}),
    accept: (tree: { tokens: Int32Array }, target: Verdict) => {
      asked.push(tree.tokens.length);
      return { path: Int32Array.of(), next: (target.argmax(-1) + 10) % 100 };
    },
  };
  // After 5 come the drafts 56 and 57; the model says 58 there, and this rule makes 68 of it.
  const [first] = await tokensOf(decoderOf(3).generate(session, request(3, { rule })));
  expect(first).toEqual([56, 57, 68]);
  expect(asked).toEqual([2, 0]);
});

test('the minimum block makes it lossy, and 1 leaves that to the rule', () => {
  expect([decoderOf(1).keeps, decoderOf(2).keeps]).toEqual([undefined, []]);
});

/** What the block's own policy asks for at each level, given what the request's policy asks for. */
async function grownWith(policy: DraftPolicy, minimumBlock: number, needsDrawn?: boolean) {
  const session = new ScriptedSession({ next });
  const rule = { ...exact.create({}, {}), ...(needsDrawn && { needsDrawn }) };
  await tokensOf(decoderOf(minimumBlock).generate(session, request(1, { policy, rule })));
  const none = { tokens: new Int32Array(0), parent: new Int32Array(0), q: [] };
  const at = { row: 10, levels: 3, trained: 3, rows: 1 };
  return [1, 2, 3].map((level) => session.policies[0].grow(none, [4], () => new Float64Array(1), { ...at, level }));
}

test('every head proposes one token, as far as the request’s policy goes', async () => {
  const one = [{ node: 4, children: 1, sampled: false }];
  expect(await grownWith(fixed.create({}, { sampled: false }), 1)).toEqual([one, one, one]);
  expect(await grownWith(fixed.create({}, { levels: 1, sampled: false }), 1)).toEqual([one, [], []]);
  expect(await grownWith(fixed.create({}, { levels: 1, sampled: false }), 3)).toEqual([one, one, []]);
  const bushy: DraftPolicy = { grow: (_, [node]) => [{ node, children: 3, sampled: true }] };
  expect((await grownWith(bushy, 1))[0]).toEqual([{ node: 4, children: 1, sampled: true }]);
  expect((await grownWith({ grow: () => [] }, 2, true))[0]).toEqual([{ node: 4, children: 1, sampled: true }]);
});

/** A model that counts on by one, and whose heads say so with this probability. */
const countingSession = (p: number) =>
  scriptedSession({
    context: 200,
    levels: 3,
    logits: (text) => certainOf((text.at(-1)! + 1) % 4, 4),
    headDistribution: (text) =>
      Float64Array.from({ length: 4 }, (_, token) => (token === (text.at(-1)! + 1) % 4 ? p : (1 - p) / 3)),
  });

// Sure heads, and heads that no policy with a threshold trusts: there the block goes on against the policy.
test.each(policies().flatMap(({ label, create }) => [0.25, 1].map((p) => [label, p, create] as const)))(
  'a minimum block of 3 goes on whatever the policy %s says of heads that are %f sure',
  async (_label, p, create) => {
    const prompts = [0, 1].map((token) => ({ tokens: Int32Array.of(token) }));
    const policy = create();
    const emissions: number[][] = [[], []];
    for await (const { prompt, tokens } of decoderOf(3).generate(
      countingSession(p),
      request(20, { prompts, policy, maxRows: 2 }),
    )) {
      emissions[prompt].push(tokens.length);
    }
    // The last forward of a row gives what is left.
    for (const lengths of emissions) expect(Math.min(...lengths.slice(0, -1))).toBeGreaterThanOrEqual(3);
  },
);

test('a policy that has declined is not asked again before the next draft', async () => {
  const asked: string[] = [];
  const policy: DraftPolicy = {
    grow: (_tree, _frontier, _p, { row, level }) => {
      asked.push(`row ${row} level ${level}`);
      return [];
    },
  };
  const prompts = [0, 1].map((token) => ({ tokens: Int32Array.of(token) }));
  // Two forwards of three tokens.
  await tokensOf(decoderOf(3).generate(countingSession(1), request(6, { prompts, policy })));
  expect(asked).toEqual(['row 0 level 1', 'row 1 level 1', 'row 0 level 1', 'row 1 level 1']);
});

test('a block longer than the heads’ and a model without drafting heads are refused', async () => {
  const run = (levels: number, minimumBlock: number) => {
    const session = Object.assign(new ScriptedSession({ next }), { levels });
    return tokensOf(decoderOf(minimumBlock).generate(session, request(1)));
  };
  await expect(run(3, 4)).resolves.toEqual([[6]]);
  await expect(run(3, 5)).rejects.toThrow(/DRAFT_UNSUPPORTED: .*minimumBlock 5 drafts 4 levels/);
  await expect(run(0, 1)).rejects.toThrow(/DRAFT_UNSUPPORTED: .*"greedy"/);
});
