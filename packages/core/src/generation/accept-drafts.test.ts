// What the decoders' step shares, over a session and a rule that only record.
import { expect, test } from 'vitest';
import type { AcceptanceRule, GenerationRequest, Random, Session, Tree, Verdict } from '../index.ts';
import { acceptDrafts, checkDraftLevels, withoutPolicy } from './accept-drafts.ts';
import type { GeneratingRow } from './generating-row.ts';
import { chainTree, emptyTree } from './tree.ts';

const random = {} as Random;
const row = (left: number): GeneratingRow => ({ row: 0, prompt: 0, left, random, text: [] });

/** A session whose verdicts are numbered, and the trees that it was asked to verify. */
function recording() {
  const verified: Tree[] = [];
  const verify = async (trees: readonly Tree[]) => {
    verified.push(...trees);
    return trees.map((_, index) => ({ argmax: () => index }) as unknown as Verdict);
  };
  return { session: { verify, levels: 2 } as unknown as Session, verified };
}

/** Keeps the whole chain; the next token is the verdict's. */
const keepAll: AcceptanceRule = {
  keeps: [],
  accept: ({ tokens }, target) => ({ path: Int32Array.from(tokens.keys()), next: target.argmax(-1) }),
};

test('each row gets its own tree, verdict and kept path', async () => {
  const { session } = recording();
  const steps = await acceptDrafts(session, { rule: keepAll }, [row(9), row(9)], [chainTree([5, 6]), chainTree([7])]);
  expect(steps.map(({ kept }) => kept)).toEqual([
    { path: Int32Array.of(0, 1), next: 0 },
    { path: Int32Array.of(0), next: 1 },
  ]);
  expect(steps.map(({ tree }) => [...tree.tokens])).toEqual([[5, 6], [7]]);
});

test('what a row could not emit is not verified', async () => {
  const { session, verified } = recording();
  await acceptDrafts(session, { rule: keepAll }, [row(1), row(2)], [chainTree([5, 6]), chainTree([5, 6])]);
  expect(verified.map(({ tokens }) => [...tokens])).toEqual([[], [5]]);
});

test('a rule that needs drawn candidates refuses chosen ones before the forward', async () => {
  const { session, verified } = recording();
  const rule = { ...keepAll, needsDrawn: true };
  const drawn = { ...chainTree([5]), q: [Float64Array.of(1)] };
  await expect(acceptDrafts(session, { rule }, [row(9), row(9)], [drawn, chainTree([5])])).rejects.toMatchObject({
    code: 'DRAFT_UNSUPPORTED',
  });
  expect(verified).toEqual([]);
  expect(await acceptDrafts(session, { rule }, [row(9), row(9)], [drawn, emptyTree()])).toHaveLength(2);
});

test('a model that drafts too few levels is refused with the number that it drafts', () => {
  const { session } = recording();
  expect(() => checkDraftLevels('"x"', session, 2)).not.toThrow();
  expect(() => checkDraftLevels('"x"', session, 3)).toThrow(/DRAFT_UNSUPPORTED: "x" drafts 3 levels .* drafts 2 at/);
  expect(() => checkDraftLevels('"x"', { levels: 0 })).toThrow(/DRAFT_UNSUPPORTED: "x" drafts 1 level .*"greedy"/);
});

test('a decoder that asks no policy keeps the request’s from measuring and learning', () => {
  const request = { maxTokens: 3, policy: { prepare: () => {}, learn: () => {} } } as unknown as GenerationRequest;
  const { policy, ...rest } = withoutPolicy(request);
  expect([rest, Object.keys(policy)]).toEqual([{ maxTokens: 3 }, ['grow']]);
  expect(policy.grow(emptyTree(), [], () => Float64Array.of(1), {} as never)).toEqual([]);
});
