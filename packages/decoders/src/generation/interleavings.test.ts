// Whatever arrives, ends, is aborted or fails at whatever time: each prompt gets the text that it gets alone.
import type { Decoder, Emission, GenerationRequest, Prompt } from '@foretoken/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { all, DECODERS, endOf, request, textOf } from './loop.fixture.ts';
import { chainOf, ScriptedSession } from './scripted-session.fixture.ts';

const CONTEXT = 9;
const hash = (text: readonly number[]) => text.reduce((total, token, i) => (total * 7 + token * (i + 3)) % 89, 5);

/** Drafts as far as the row has room, each right but for some. */
function draft(text: readonly number[]) {
  const tokens: number[] = [];
  const levels = Math.min(3, CONTEXT - text.length - 1);
  for (let level = 0; level < levels; level++)
    tokens.push((hash([...text, ...tokens]) + (hash(text) % 4 === level ? 1 : 0)) % 100);
  return chainOf(tokens);
}

const openSession = () => new ScriptedSession({ next: hash, draft, context: CONTEXT });

interface Job {
  readonly tokens: number[];
  readonly maxTokens: number;
  readonly stopTokens: number[];
  /** Turns of the event loop before it comes; undefined: it is there from the start. */
  readonly delay: number | undefined;
  /** Its signal is aborted after so many emissions of the whole generation. */
  readonly abortAfter: number | undefined;
}

/** A value in one case of `of`; otherwise none. */
const oneIn = <Value>(of: number, value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.oneof({ weight: 1, arbitrary: value }, { weight: of - 1, arbitrary: fc.constant(undefined) });

const job = fc.record<Job>({
  // Now and then none, too many, or one outside the vocabulary.
  tokens: fc.oneof(
    { weight: 12, arbitrary: fc.array(fc.nat({ max: 99 }), { minLength: 1, maxLength: CONTEXT - 1 }) },
    { weight: 1, arbitrary: fc.constantFrom([], [100], new Array<number>(CONTEXT).fill(1)) },
  ),
  maxTokens: fc.integer({ min: 1, max: 12 }),
  stopTokens: fc.array(fc.nat({ max: 88 }), { maxLength: 12 }),
  delay: oneIn(2, fc.nat({ max: 12 })),
  abortAfter: oneIn(4, fc.nat({ max: 15 })),
});

interface Plan {
  readonly jobs: readonly Job[];
  readonly maxRows: number | undefined;
  readonly window: number | undefined;
  /** The consumer stops reading after so many emissions. */
  readonly readUntil: number | undefined;
}

const plan = fc.record<Plan>({
  jobs: fc.array(job, { minLength: 1, maxLength: 7 }),
  maxRows: oneIn(2, fc.integer({ min: 1, max: 4 })),
  window: oneIn(2, fc.integer({ min: 1, max: CONTEXT - 1 })),
  readUntil: oneIn(5, fc.nat({ max: 20 })),
});

const isBad = ({ tokens }: Job) => tokens.length === 0 || tokens.length >= CONTEXT || tokens.includes(100);

/** The whole text of a prompt and how it ends, from the script alone. */
function alone({ tokens, maxTokens, stopTokens }: Job, window: number | undefined) {
  let held = [...tokens];
  const text: number[] = [];
  for (;;) {
    const token = hash(held);
    text.push(token);
    held.push(token);
    if (stopTokens.includes(token)) return { text, finished: 'stop' };
    if (text.length === maxTokens) return { text, finished: 'length' };
    if (held.length < CONTEXT) continue;
    if (window === undefined) return { text, finished: 'context' };
    held = held.slice(-window);
  }
}

async function carryOut(decoder: Decoder, { jobs, maxRows, window, readUntil }: Plan) {
  const controllers = jobs.map(() => new AbortController());
  const promptOf = (one: Job): Prompt => ({
    tokens: Int32Array.from(one.tokens),
    maxTokens: one.maxTokens,
    stops: { tokens: one.stopTokens },
    signal: controllers[jobs.indexOf(one)].signal,
  });
  // One that is bad from the start fails the whole request, so the bad ones all arrive.
  const first = jobs.filter((one) => one.delay === undefined && !isBad(one));
  const later = jobs.filter((one) => one.delay !== undefined || isBad(one));
  const session = openSession();
  const emissions: Emission[] = [];
  const asked: GenerationRequest = request([], 1, {
    prompts: first.map(promptOf),
    maxRows,
    window,
    arriving: (async function* () {
      for (const one of later) {
        for (let turn = 0; turn < (one.delay ?? 0); turn++) await new Promise(setImmediate);
        yield promptOf(one);
      }
    })(),
  });
  const abortDue = () => {
    for (const [j, { abortAfter }] of jobs.entries()) if (abortAfter === emissions.length) controllers[j].abort();
  };
  abortDue();
  for await (const emission of decoder.generate(session, asked)) {
    if (emissions.length === readUntil) break;
    emissions.push(emission);
    abortDue();
  }
  return { session, emissions, order: [...first, ...later] };
}

test.each(DECODERS)('%s: any interleaving gives each prompt the text it gets alone', async (_, decoder) => {
  const ends = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(plan, async (planned) => {
      const { session, emissions, order } = await carryOut(decoder, planned);
      expect(session.peak).toBeLessThanOrEqual(planned.maxRows ?? planned.jobs.length);
      expect(session.rows).toEqual([]);
      const joins = session.calls.filter((call) => call === 'join').length;
      if (joins > order.length) ends.set('read again', (ends.get('read again') ?? 0) + 1);
      for (const [index, one] of order.entries()) {
        const text = textOf(emissions, index);
        if (isBad(one)) expect(text).toEqual([]);
        const whole = isBad(one) ? { text: [], finished: 'failed' } : alone(one, planned.window);
        expect(text).toEqual(whole.text.slice(0, text.length));
        if (planned.readUntil !== undefined) continue;
        const { finished } = endOf(emissions, index);
        ends.set(finished!, (ends.get(finished!) ?? 0) + 1);
        if (finished === 'aborted') expect(one.abortAfter).toBeDefined();
        else expect({ text, finished }).toEqual(whole);
      }
    }),
    { numRuns: 400 },
  );
  // The property is about all of them, so all of them must have come up.
  for (const finished of ['length', 'context', 'stop', 'aborted', 'failed', 'read again']) {
    expect(ends.get(finished) ?? 0, finished).toBeGreaterThan(5);
  }
});

test('an abort of the request at any time, or a step that fails, frees every row', async () => {
  await fc.assert(
    fc.asyncProperty(plan, fc.nat({ max: 12 }), fc.boolean(), async (planned, after, fails) => {
      const controller = new AbortController();
      const session = openSession();
      const { verify } = session;
      session.verify = async (trees) => {
        if (session.forwards === after) {
          if (fails) throw new Error('no forward');
          controller.abort();
        }
        return verify.call(session, trees);
      };
      const prompts = planned.jobs
        .filter((one) => !isBad(one))
        .map(({ tokens }) => ({ tokens: Int32Array.from(tokens) }));
      const asked = request([], 12, { ...planned, prompts, signal: controller.signal });
      for (const [, decoder] of DECODERS) await all(decoder.generate(session, asked)).catch(() => {});
      expect(session.rows).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
