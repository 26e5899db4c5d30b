// What the loop asks of a draft policy and of a rule, over a scripted session.
import type { AcceptanceRule, DraftOutcome, DraftPolicy, Session } from '@foretoken/core';
import { generateRows } from '@foretoken/core/plugin';
import { expect, test } from 'vitest';
import { all, drafting, greedy, Inbox, prompt, request, speculative } from './loop.fixture.ts';
import { ScriptedSession } from './scripted-session.fixture.ts';

const session = () => new ScriptedSession(drafting(2));
const quiet: DraftPolicy = { grow: () => [] };

test('a policy prepares once, with the empty session, before the first row joins', async () => {
  const calls: unknown[] = [];
  const scripted = session();
  const policy: DraftPolicy = {
    ...quiet,
    async prepare(given: Session, at) {
      calls.push([given === scripted, [...given.rows], [...scripted.calls], at]);
      given.leave(given.join({ tokens: Int32Array.of(1) }));
    },
  };
  const prompts = [prompt(10), { tokens: new Int32Array(7) }, prompt(20)];
  await all(speculative.generate(scripted, request([], 3, { prompts, policy, maxRows: 2 })));
  expect(calls).toEqual([[true, [], [], { rows: 2, promptTokens: 7 }]]);
});

test.each([
  ['as many rows as prompts', undefined, false, 2],
  ['not more than there are', 9, false, 2],
  ['all places, where prompts arrive', 9, true, 9],
])('it is told of %s', async (_, maxRows, isArriving, rows) => {
  const told: number[] = [];
  const policy: DraftPolicy = { ...quiet, prepare: async (_session, at) => void told.push(at.rows) };
  const arriving = isArriving ? (async function* () {})() : undefined;
  await all(speculative.generate(session(), request([10, 20], 3, { policy, maxRows, arriving })));
  expect(told).toEqual([rows]);
});

test('rows that prepare leaves behind are freed and refused; one that throws frees its own too', async () => {
  for (const error of [undefined, new Error('no clock')]) {
    const scripted = session();
    const policy: DraftPolicy = {
      ...quiet,
      async prepare(given) {
        given.join({ tokens: Int32Array.of(1) });
        if (error) throw error;
      },
    };
    const run = all(speculative.generate(scripted, request([10], 3, { policy })));
    await (error ? expect(run).rejects.toBe(error) : expect(run).rejects.toMatchObject({ code: 'PLUGIN_INVALID' }));
    expect(scripted.rows).toEqual([]);
  }
});

test('a policy learns of every row after every forward, in batch order, what the rule kept', async () => {
  const outcomes: DraftOutcome[] = [];
  const policy: DraftPolicy = { ...quiet, learn: (outcome) => outcomes.push(outcome) };
  const prompts = [prompt(10, { maxTokens: 3 }), prompt(20, { maxTokens: 6 })];
  await all(speculative.generate(session(), request([], 9, { prompts, policy })));
  const told = outcomes.map(({ row, rows, tree, kept }) => [row, rows, tree.tokens.length, kept.path.length]);
  expect(told).toEqual([
    [10, 2, 2, 2],
    [11, 2, 3, 2],
    [11, 1, 2, 2],
  ]);
});

/** Ways out of a generation of four rows, two at a time. */
const WAYS_OUT = ['whole', 'reader', 'prompt aborted', 'request aborted', 'step throws', 'learn throws', 'read again'];

test.each(WAYS_OUT)('a policy is told of every row that is gone, once and last: %s', async (way) => {
  const scripted = new ScriptedSession({ ...drafting(2), context: way === 'read again' ? 12 : 1000 });
  const [joined, told]: [number[], string[]] = [[], []];
  const { join, verify } = scripted;
  scripted.join = (joining) => joined[joined.push(join.call(scripted, joining)) - 1];
  scripted.verify = (trees) => {
    if (way === 'step throws' && scripted.forwards === 2) throw new Error('no forward');
    return verify.call(scripted, trees);
  };
  const [own, whole] = [new AbortController(), new AbortController()];
  const policy: DraftPolicy = {
    ...quiet,
    learn({ row }) {
      told.push(`learn ${row}`);
      if (way === 'learn throws' && told.length === 3) throw new Error('no lesson');
    },
    forget: (row) => told.push(`forget ${row}`),
  };
  const prompts = [prompt(10, { signal: own.signal }), prompt(20, { maxTokens: 5 }), prompt(30), prompt(40)];
  const more = { prompts, policy, maxRows: 2, window: 4, signal: whole.signal };
  const run = async () => {
    let count = 0;
    for await (const _ of speculative.generate(scripted, request([], 20, more))) {
      if (++count < 3) continue;
      if (way === 'reader') break;
      if (way === 'prompt aborted') own.abort();
      if (way === 'request aborted') whole.abort();
    }
  };
  await (/request|throws/.test(way) ? expect(run()).rejects.toThrow() : run());
  expect(joined.length).toBeGreaterThanOrEqual(way === 'read again' ? 5 : 2);
  for (const row of joined) {
    const about = told.filter((call) => call.endsWith(` ${row}`));
    expect(about.filter((call) => call.startsWith('forget'))).toHaveLength(1);
    expect(about.at(-1)).toBe(`forget ${row}`);
  }
});

test.each(['throws', 'returns'])('an abort while a policy prepares ends the generation, whether it %s', async (how) => {
  const controller = new AbortController();
  const scripted = session();
  let given: AbortSignal | undefined;
  const policy: DraftPolicy = {
    ...quiet,
    async prepare(session, { signal }) {
      session.join({ tokens: Int32Array.of(1) });
      given = signal;
      controller.abort(new Error('enough'));
      if (how === 'throws') throw new Error('stopped measuring');
    },
  };
  const run = all(speculative.generate(scripted, request([10], 3, { policy, signal: controller.signal })));
  await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED', cause: { message: 'enough' } });
  expect(given).toBe(controller.signal);
  expect([scripted.rows, scripted.forwards]).toEqual([[], 0]);
});

test('behind a stop a policy still learns what was accepted: the text is cut, the draft was right', async () => {
  const accepted: number[] = [];
  const policy: DraftPolicy = { ...quiet, learn: ({ kept }) => accepted.push(kept.path.length) };
  const stops = { tokens: [11] };
  const emissions = await all(speculative.generate(session(), request([10], 9, { policy, stops })));
  expect(emissions[0].accepted).toBe(1);
  expect(accepted).toEqual([2]);
});

test('greedy asks no policy', async () => {
  const refuse = () => {
    throw new Error('asked');
  };
  const policy: DraftPolicy = { grow: refuse, learn: refuse, prepare: refuse };
  await expect(all(greedy.generate(session(), request([10], 3, { policy })))).resolves.toHaveLength(3);
});

test('a rule that needs drawn drafts refuses a chosen one, and all rows are freed', async () => {
  const rule: AcceptanceRule = { ...request([], 1).rule, needsDrawn: true };
  const scripted = session();
  const run = all(speculative.generate(scripted, request([10, 20], 9, { rule, arriving: new Inbox() })));
  await expect(run).rejects.toMatchObject({ code: 'DRAFT_UNSUPPORTED' });
  expect(scripted.rows).toEqual([]);
  expect(await all(greedy.generate(scripted, request([10], 2, { rule })))).toHaveLength(2);
});

test('a step must give one item for every row', async () => {
  const run = all(generateRows(session(), request([10], 9), async () => []));
  await expect(run).rejects.toMatchObject({ code: 'PLUGIN_INVALID' });
});
