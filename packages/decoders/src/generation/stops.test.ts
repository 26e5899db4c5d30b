// What ends a text inside a draft. Over a scripted session: the next token is the last one plus 1, modulo 100.
import { generateRows } from '@foretoken/core/plugin';
import { describe, expect, test } from 'vitest';
import { all, DECODERS, drafting, endOf, prompt, request, speculative, textOf } from './loop.fixture.ts';
import { chainOf, ScriptedSession } from './scripted-session.fixture.ts';

/** Token 12 is the text "12". */
const tokenizer = {
  decode: (tokens: ArrayLike<number>) => new TextEncoder().encode(Array.from(tokens).join('')),
};
/** Logits that tell texts and tokens apart. */
const logits = (text: readonly number[]) =>
  Float32Array.from({ length: 100 }, (_, v) => Math.sin(text.at(-1)! * 7.3 + v));

describe.each(DECODERS)('%s', (_, decoder) => {
  const session = () => new ScriptedSession(drafting(3));
  const run = (starts: number[], maxTokens: number, more: Parameters<typeof request>[2]) =>
    all(decoder.generate(session(), request(starts, maxTokens, more)));

  test.each([11, 12, 13, 14, 15, 16, 17, 18])('token %i stops a row and comes last', async (token) => {
    const emissions = await run([10, 40], 12, { stops: { tokens: [token, 99] } });
    expect(textOf(emissions, 0)).toEqual(Array.from({ length: token - 10 }, (_, i) => 11 + i));
    expect(endOf(emissions, 0)).toMatchObject({ finished: 'stop', stop: { token } });
    expect(endOf(emissions, 1)).toMatchObject({ finished: 'length' });
    expect(textOf(emissions, 1)).toHaveLength(12);
  });

  test('a text stops a row wherever it lies across tokens', async () => {
    // 11 12 13 14: "111" ends in token 11's neighbour, "213" takes half of 12 and all of 13, "3141" half of 15.
    for (const [string, last, excessBytes] of [
      ['111', 12, 1],
      ['213', 13, 0],
      ['3141', 15, 1],
      ['14151617', 17, 0],
    ] as const) {
      const emissions = await run([10], 20, { stops: { strings: [string] }, tokenizer });
      expect(textOf(emissions, 0).at(-1)).toBe(last);
      expect(endOf(emissions, 0)).toMatchObject({ finished: 'stop', stop: { string, excessBytes } });
    }
  });

  test('the prompt is no part of the text that stops', async () => {
    const emissions = await run([10], 4, { stops: { strings: ['1011'], tokens: [10] }, tokenizer });
    expect(endOf(emissions, 0).finished).toBe('length');
  });

  test('what stops at the last token allowed is said to stop', async () => {
    expect(endOf(await run([10], 3, { stops: { tokens: [13] } }), 0)).toMatchObject({ finished: 'stop' });
    const full = new ScriptedSession({ ...drafting(3), context: 4 });
    const emissions = await all(decoder.generate(full, request([10], 9, { stops: { tokens: [13] } })));
    expect(endOf(emissions, 0)).toMatchObject({ finished: 'stop', stop: { token: 13 } });
  });

  test('a prompt may have stops of its own instead of the request’s, or none', async () => {
    const prompts = [prompt(10), prompt(10, { stops: { tokens: [15] } }), prompt(10, { stops: {} })];
    const emissions = await run([], 9, { prompts, stops: { tokens: [12] } });
    expect([0, 1, 2].map((index) => textOf(emissions, index).length)).toEqual([2, 5, 9]);
  });

  test('log-probabilities are of the tokens that stay, each from what the model said before it', async () => {
    const scripted = new ScriptedSession({ ...drafting(3), logits });
    const stops = { tokens: [16] };
    const emissions = await all(decoder.generate(scripted, request([10], 30, { logProbabilities: 2, stops })));
    const given = emissions.flatMap(({ logProbabilities }) => logProbabilities!);
    expect(given.map(({ token }) => token)).toEqual([11, 12, 13, 14, 15, 16]);
    for (const { token, logProbability, top } of given) {
      const before_V = logits([token - 1]);
      const normalizer = Math.log(before_V.reduce((sum, logit) => sum + Math.exp(logit), 0));
      expect(logProbability).toBeCloseTo(before_V[token] - normalizer, 6);
      const sorted = [...before_V].sort((a, b) => b - a);
      expect(top.map((one) => before_V[one.token])).toEqual(sorted.slice(0, 2));
    }
    for (const { tokens, logProbabilities } of emissions) expect(logProbabilities).toHaveLength(tokens.length);
  });

  test('without the wish for log-probabilities nobody asks for logits', async () => {
    await expect(run([10], 3, {})).resolves.toBeDefined();
    await expect(run([10], 3, { logProbabilities: 0 })).rejects.toThrow('not scripted');
  });
});

test('what lies behind a stop inside a draft counts neither as text nor as accepted', async () => {
  const emissions = await all(
    speculative.generate(new ScriptedSession(drafting(3)), request([10], 30, { stops: { tokens: [12] } })),
  );
  expect(emissions).toEqual([
    {
      prompt: 0,
      tokens: Int32Array.of(11, 12),
      proposed: [1, 1, 1, 1],
      accepted: 2,
      finished: 'stop',
      stop: { token: 12 },
    },
  ]);
});

test('the bonus token may be the one that stops', async () => {
  const [only] = await all(
    speculative.generate(new ScriptedSession(drafting(3)), request([10], 30, { stops: { tokens: [14] } })),
  );
  expect(only).toMatchObject({ tokens: Int32Array.of(11, 12, 13, 14), accepted: 3, finished: 'stop' });
});

test('a decoder that drafts more than a row may emit gets the rest cut off', async () => {
  const scripted = new ScriptedSession({
    next: (text) => text.at(-1)! + 1,
    draft: (text) => chainOf([1, 2, 3, 4].map((i) => text.at(-1)! + i)),
  });
  const asked = request([10], 3);
  const careless = generateRows(scripted, asked, async (rows) => {
    const trees = await scripted.draft(asked.policy);
    const verdicts = await scripted.verify(trees);
    return verdicts.map((verdict, r) => ({
      tree: trees[r],
      verdict,
      kept: asked.rule.accept(trees[r], verdict, rows[r].random),
    }));
  });
  expect(await all(careless)).toEqual([
    { prompt: 0, tokens: Int32Array.of(11, 12, 13), proposed: [1, 1, 1, 1], accepted: 3, finished: 'length' },
  ]);
});
