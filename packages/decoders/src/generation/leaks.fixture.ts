// Generations that end in every way, over one model; nothing of them may stay.
import type { Prompt, Random, Session } from '@foretoken/core';
import { openEngine } from '@foretoken/engine';
import { expect } from 'vitest';
import { openSession } from '../session/open-session.ts';
import { tinyModel } from '../session/tiny-models.fixture.ts';
import { parityPrompts } from './parity.fixture.ts';
import { greedySubjects, policies } from './parity-subjects.fixture.ts';

/** How a generation ends, in turn. */
const ENDS = ['whole', 'reader', 'abort', 'throw', 'prompt'] as const;

/** Runs generations, with the built-in decoders and policies in turn, and looks for tensors after each. */
export async function expectNoLeaks(generations: number): Promise<void> {
  const engine = await openEngine();
  const model = tinyModel(engine, 'attentive', 'sequential');
  const prompts = parityPrompts(3);
  // What measures the machine takes its time for it, and has tests of its own.
  const ways = policies().filter(({ create }) => !create().isTimed);
  const subjects = greedySubjects();
  const before = engine.memory();
  const seen = new Set<string>();
  for (let run = 0; run < generations; run++) {
    const end = ENDS[run % ENDS.length];
    const subject = subjects[run % subjects.length];
    const session = openSession(model);
    const controller = new AbortController();
    const own = new AbortController();
    let left = 2;
    const request = {
      prompts: prompts.map((prompt, index): Prompt => ({ ...prompt, ...(index === 1 && { signal: own.signal }) })),
      maxTokens: 4,
      maxRows: 2,
      window: 5,
      rule: subject.rule(),
      policy: ways[run % ways.length].create(),
      random: () => ({ uniform: () => 0.5 }) as Random,
      signal: controller.signal,
    };
    if (end === 'throw') failAfter(session, 2);
    const { decoder } = subject;
    try {
      for await (const _ of decoder().generate(session, request)) {
        if (--left > 0 || end === 'whole') continue;
        if (end === 'reader') break;
        if (end === 'prompt') own.abort();
        if (end === 'abort') controller.abort();
      }
      if (end !== 'throw' && end !== 'abort') seen.add(end);
    } catch (error) {
      seen.add(end);
      expect((error as Error).message).toMatch(end === 'abort' ? 'INTERRUPTED' : 'refused by the test');
    }
    expect(session.rows).toEqual([]);
    // A row of somebody else's, which goes with the session.
    if (run % 7 === 0) session.join(prompts[1]);
    session.dispose();
    expect(engine.memory().numTensors).toBe(before.numTensors);
  }
  expect([...seen].sort()).toEqual([...ENDS].sort());
  expect(engine.memory().bytes).toBe(before.bytes);
  model.dispose();
}

/** Lets the forward after so many fail, once it has run. */
function failAfter(session: Session, forwards: number): void {
  const { verify } = session;
  session.verify = async (trees) => {
    const verdicts = await verify.call(session, trees);
    if (session.forwards > forwards) throw new Error('refused by the test');
    return verdicts;
  };
}
