// The parity suite: how much of it a run takes is up to the test that calls it.

import type { Prompt, Sampling } from '@foretoken/core';
import { type Engine, openEngine } from '@foretoken/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import exact from '../exact/exact.ts';
import { TINY_HEADS, TINY_TRUNKS, tinyModel, VOCABULARY } from '../session/tiny-models.fixture.ts';
import { oracleDecoder } from './oracle-decoder.fixture.ts';
import { differencesOf, type Job, NONE, outcomesOf, plainTexts } from './parity-judge.fixture.ts';
import { greedySubjects, policies } from './parity-subjects.fixture.ts';

/** First minus second logit below which rounding could have turned a choice. */
const NEAR_TIE = 1e-4;

/** How much of the suite runs. */
export interface ParityShare {
  readonly prompts: number;
  readonly maxRows: number;
  /** Decoders with rules for each model, in turn; all of them by default. */
  readonly subjectsPerModel?: number;
  /** Tokens that must have been compared, over all models. */
  readonly leastTokens: number;
}

/** What some prompts ask for beside; it moves the first choice, and log-probabilities must not know. */
const SAMPLINGS: readonly (Sampling | undefined)[] = [
  undefined,
  { repetitionPenalty: 1.3 },
  undefined,
  { bias: { 3: 0.7, 8: -2 } },
];

/** Prompts of 1 to 12 tokens: with 16 more the longest fill the context, the others do not. */
export const parityPrompts = (count: number): Prompt[] =>
  Array.from({ length: count }, (_, p) => ({
    tokens: Int32Array.from({ length: 1 + ((5 * p) % 12) }, (_, t) => (7 * p + t * t + (p >> 3) * t + 2) % VOCABULARY),
    sampling: SAMPLINGS[p % SAMPLINGS.length],
  }));

/** Defines the suite: every trunk with every head, decoded in every way that promises greedy's text. */
export function describeGreedyParity({ prompts, maxRows, subjectsPerModel, leastTokens }: ParityShare): void {
  const numModels = TINY_TRUNKS.length * TINY_HEADS.length;
  const total = { tokens: 0, choices: 0, nearTies: 0, accepted: 0, pairs: 0 };
  const job: Job = { prompts: parityPrompts(prompts), maxTokens: 16, maxRows };
  let engine: Engine;
  let turn = 0;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => {
    process.stderr.write(
      `greedy parity: ${total.tokens} tokens of ${total.pairs} generations compared, ${total.accepted} of them drafted and ` +
        `kept; ${total.nearTies} of greedy's ${total.choices} choices by less than ${NEAR_TIE}\n`,
    );
  });

  describe.each(TINY_TRUNKS)('on the %s trunk', (trunk) => {
    test.each(TINY_HEADS)('%s: whatever promises it gives greedy decoding’s text, to the bit', async (head) => {
      const model = tinyModel(engine, trunk, head);
      const [all, ways] = [greedySubjects(), policies()];
      const greedy = all.find(({ label }) => label === 'greedy')!;
      const others = all.filter((subject) => subject !== greedy);
      const { texts, gaps } = await plainTexts(model, job);
      const oracle = {
        label: 'oracle',
        rule: () => exact.create({}, {}),
        decoder: () => oracleDecoder(job.prompts, texts, VOCABULARY),
      };
      total.choices += gaps.length;
      total.nearTies += gaps.filter((gap) => gap < NEAR_TIE).length;
      const run = (subject: (typeof all)[number], way: (typeof ways)[number]) =>
        outcomesOf(model, { decoder: subject.decoder(), rule: subject.rule(), policy: way.create() }, job);
      const reference = await run(greedy, ways[0]);
      expect(differencesOf(reference, reference, texts)).toEqual(NONE);
      let tokens = 0;
      const count = subjectsPerModel ?? others.length;
      const chosen = Array.from({ length: count }, (_, index) => others[(turn + index) % others.length]);
      for (const subject of [oracle, ...chosen]) {
        const way = ways[turn++ % ways.length];
        const outcomes = await run(subject, way);
        expect(differencesOf(outcomes, reference, texts), `${subject.label}, ${way.label}`).toEqual(NONE);
        tokens += outcomes.reduce((sum, outcome) => sum + outcome.tokens.length, 0);
        total.accepted += outcomes.reduce((sum, outcome) => sum + outcome.accepted, 0);
        total.pairs++;
      }
      total.tokens += tokens;
      expect(tokens).toBeGreaterThanOrEqual(leastTokens / numModels);
      model.dispose();
    });
  });
}
