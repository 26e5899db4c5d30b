// Continuous batching on real sessions: whatever else is in the batch, a row gets to the bit what it gets alone.
import type { Emission, GenerationRequest, LanguageModel, Prompt, Random } from '@foretoken/core';
import { type Engine, openEngine } from '@foretoken/engine';
import { beforeAll, describe, expect, test } from 'vitest';
import { openSession } from '../session/open-session.ts';
import { CONTEXT, TINY_TRUNKS, type TinyHead, type TinyTrunk, tinyModel } from '../session/tiny-models.fixture.ts';
import { all, endOf, Inbox, textOf } from './loop.fixture.ts';
import { parityPrompts } from './parity.fixture.ts';
import { plainTexts } from './parity-judge.fixture.ts';
import { type GreedySubject, greedySubjects, policies } from './parity-subjects.fixture.ts';

const HEADS: TinyHead[] = ['parallel', 'anticausal', 'sequential', 'extending'];
const prompts = parityPrompts(6);
const WAYS = policies().filter(({ create }) => !create().isTimed);

let engine: Engine;

/** Which ways to decode meet which models: each one of the heads on every trunk, or each one of the heads on one trunk. */
export type BatchingShare = 'every trunk' | 'one trunk';

/** The ways to decode that one model meets. */
function subjectsFor(head: TinyHead, trunk: TinyTrunk, share: BatchingShare): [number, GreedySubject][] {
  const [numHeads, numTrunks] = [HEADS.length, TINY_TRUNKS.length];
  const own = [...greedySubjects().entries()].filter(([which]) => which % numHeads === HEADS.indexOf(head));
  if (share === 'every trunk') return own;
  const turn = TINY_TRUNKS.indexOf(trunk) + HEADS.indexOf(head);
  return own.filter((_, place) => place % numTrunks === turn % numTrunks);
}

async function generate(
  model: LanguageModel,
  subject: GreedySubject,
  which: number,
  more: Partial<GenerationRequest>,
): Promise<Emission[]> {
  const session = openSession(model);
  try {
    return await all(
      subject.decoder().generate(session, {
        prompts,
        maxTokens: 16,
        rule: subject.rule(),
        policy: WAYS[which % WAYS.length].create(),
        random: () => ({ uniform: () => 0.5 }) as Random,
        ...more,
      }),
    );
  } finally {
    session.dispose();
  }
}

/** What greedy decoding says that is shown its last `window` tokens whenever its context is full. */
async function windowed(model: LanguageModel, { tokens, sampling }: Prompt, window: number, maxTokens: number) {
  const text: number[] = [];
  let held = [...tokens];
  while (text.length < maxTokens) {
    const piece = { prompts: [{ tokens: Int32Array.from(held), sampling }], maxTokens: maxTokens - text.length };
    const [more] = (await plainTexts(model, piece)).texts;
    text.push(...more);
    held = [...held, ...more].slice(-window);
  }
  return text;
}

/** Defines the suite. */
export function describeBatching(share: BatchingShare): void {
  beforeAll(async () => {
    engine = await openEngine();
  });

  describe.each(TINY_TRUNKS)('on the %s trunk', (trunk) => {
    test.each(HEADS)('%s: rows that arrive, are bad or are aborted move no bit of another', async (head) => {
      const model = tinyModel(engine, trunk, head);
      for (const [which, subject] of subjectsFor(head, trunk, share)) {
        const asked = { logProbabilities: 3 };
        const alone: Emission[][] = [];
        for (const prompt of prompts)
          alone.push(await generate(model, subject, which, { ...asked, prompts: [prompt] }));
        const inbox = new Inbox();
        inbox.send({ tokens: new Int32Array(0) });
        for (const prompt of prompts.slice(3)) inbox.send(prompt);
        inbox.send({ tokens: new Int32Array(CONTEXT) });
        inbox.send({ ...prompts[1], signal: AbortSignal.abort() });
        inbox.end();
        const first = { ...asked, prompts: prompts.slice(0, 3), arriving: inbox, maxRows: 4 };
        const emissions = await generate(model, subject, which, first);
        for (const [p, own] of alone.entries()) {
          const index = p < 3 ? p : p + 1;
          expect(textOf(emissions, index), subject.label).toEqual(textOf(own, 0));
          const logProbabilities = (of: Emission[], prompt: number) =>
            of.filter((emission) => emission.prompt === prompt).flatMap((emission) => emission.logProbabilities!);
          expect(logProbabilities(emissions, index), subject.label).toEqual(logProbabilities(own, 0));
        }
        expect([3, 7, 8].map((index) => endOf(emissions, index).finished)).toEqual(['failed', 'failed', 'aborted']);
      }
      model.dispose();
    });

    test.each(HEADS)(
      '%s: a row that outgrows its context goes on with the same text, however it drafts',
      async (head) => {
        const model = tinyModel(engine, trunk, head);
        const [window, maxTokens] = [7, 60];
        const texts: number[][] = [];
        for (const prompt of prompts) texts.push(await windowed(model, prompt, window, maxTokens));
        for (const [which, subject] of subjectsFor(head, trunk, share)) {
          const emissions = await generate(model, subject, which, { window, maxTokens, maxRows: 4 });
          expect(
            prompts.map((_, index) => textOf(emissions, index)),
            subject.label,
          ).toEqual(texts);
        }
        model.dispose();
      },
    );
  });
}
