import { describe, expect, it } from 'vitest';
import type { Emission, GenerationRequest } from '../contracts/decoding.ts';
import { createRandom } from '../random/random.ts';
import { scriptedSession } from '../testing/scripted-session.ts';
import { type GreedyChoice, plainGreedy } from './plain-greedy.ts';

/** Says the sum of the last two tokens modulo 7, with the token after it second by a gap of the history's length. */
const model = {
  context: 12,
  logits(history: readonly number[]) {
    const logits_V = new Float32Array(7);
    const token = ((history.at(-2) ?? 0) + history.at(-1)!) % 7;
    logits_V[token] = history.length;
    return logits_V;
  },
};

const request = (prompts: number[][], maxTokens: number): GenerationRequest => ({
  prompts: prompts.map((tokens) => ({ tokens: Int32Array.from(tokens) })),
  maxTokens,
  rule: { keeps: [], accept: () => ({ path: new Int32Array(0), next: 0 }) },
  policy: { grow: () => [] },
  random: () => createRandom(0, 'unused'),
});

async function emitted(prompts: number[][], maxTokens: number) {
  const session = scriptedSession(model);
  const choices: [number, GreedyChoice][] = [];
  const emissions: Emission[] = [];
  const { decoder } = plainGreedy((prompt, choice) => choices.push([prompt, choice]));
  for await (const emission of decoder.generate(session, request(prompts, maxTokens))) emissions.push(emission);
  return { session, choices, emissions };
}

describe('plainGreedy', () => {
  it('emits the first choice, one token a forward', async () => {
    const { session, emissions } = await emitted([[1, 1]], 5);
    expect(emissions.flatMap(({ tokens }) => [...tokens])).toEqual([2, 3, 5, 1, 6]); // Fibonacci modulo 7
    expect(emissions.map(({ finished }) => finished)).toEqual([undefined, undefined, undefined, undefined, 'length']);
    expect(emissions.every(({ proposed, accepted }) => proposed.length === 0 && accepted === 0)).toBe(true);
    expect(session.forwards).toBe(5);
    expect(session.rows).toEqual([]);
  });

  it('keeps rows apart and lets each end by itself: by length, or by the context', async () => {
    const { emissions } = await emitted([[1, 1], new Array(10).fill(3)], 5);
    const of = (prompt: number) => emissions.filter((emission) => emission.prompt === prompt);
    expect(of(0).flatMap(({ tokens }) => [...tokens])).toEqual([2, 3, 5, 1, 6]);
    expect(of(1).flatMap(({ tokens }) => [...tokens])).toEqual([6, 2]);
    expect(of(1).map(({ finished }) => finished)).toEqual([undefined, 'context']);
  });

  it('tells how near the second choice was', async () => {
    const { choices } = await emitted([[1, 1]], 3);
    expect(choices).toEqual([
      [0, { token: 2, topTwoGap: 2 }],
      [0, { token: 3, topTwoGap: 3 }],
      [0, { token: 5, topTwoGap: 4 }],
    ]);
  });

  it('takes the lowest id of a tie', async () => {
    const session = scriptedSession({ context: 9, logits: () => Float32Array.of(0, 5, 5, 1) });
    const gaps: number[] = [];
    const { decoder } = plainGreedy((_, { topTwoGap }) => gaps.push(topTwoGap));
    for await (const { tokens } of decoder.generate(session, request([[0]], 1))) expect([...tokens]).toEqual([1]);
    expect(gaps).toEqual([0]);
  });

  it('adds the bias first, then makes tokens of the row less likely, whatever their sign', async () => {
    // After the bias of 3: 0.5, -1, 4, 2.5, 0. Tokens 1 and 2 are in the prompt: halved above 0, doubled below.
    const raw = [0.5, -1, 1, 2.5, 0];
    const session = scriptedSession({ context: 9, logits: () => Float32Array.from(raw) });
    const seen: GreedyChoice[] = [];
    const { decoder } = plainGreedy((_, choice) => seen.push(choice), { bias: { 2: 3 }, repetitionPenalty: 2 });
    const tokens: number[] = [];
    for await (const emission of decoder.generate(session, request([[1, 2]], 3))) tokens.push(...emission.tokens);
    // Raw 2 would be 4 without penalty; with it 2, so 3 comes first, which then holds 1.25 and 2 is chosen at 2.
    expect(tokens).toEqual([3, 2, 2]);
    expect(seen.map(({ topTwoGap }) => topTwoGap)).toEqual([0.5, 0.75, 0.75]);
  });

  it('moves a negative logit away from zero', async () => {
    const session = scriptedSession({ context: 9, logits: () => Float32Array.of(-1, -1.5, -9) });
    const { decoder } = plainGreedy(undefined, { repetitionPenalty: 2 });
    for await (const { tokens } of decoder.generate(session, request([[0]], 1))) expect([...tokens]).toEqual([1]);
  });

  it('follows the sampling of a prompt, of which temperature and cuts move no first choice', async () => {
    const session = scriptedSession({ context: 9, logits: () => Float32Array.of(1, 2, 3) });
    const asked = request([[0], [0]], 1);
    const [plain, biased] = asked.prompts;
    const prompts = [plain, { ...biased, sampling: { temperature: 9, topK: 1, bias: { 0: 5 } } }];
    const tokens: number[][] = [];
    for await (const emission of plainGreedy().decoder.generate(session, { ...asked, prompts })) {
      tokens.push([emission.prompt, ...emission.tokens]);
    }
    expect(tokens).toEqual([
      [0, 2],
      [1, 0],
    ]);
  });
});
