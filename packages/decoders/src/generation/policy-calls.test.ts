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

test('a policy learns of every row after every forward, in batch order, what the rule kept and whether it leaves', async () => {
  const outcomes: DraftOutcome[] = [];
  const policy: DraftPolicy = { ...quiet, learn: (outcome) => outcomes.push(outcome) };
  const prompts = [prompt(10, { maxTokens: 3 }), prompt(20, { maxTokens: 6 })];
  await all(speculative.generate(session(), request([], 9, { prompts, policy })));
  const told = outcomes.map(({ row, rows, tree, kept, isLast }) => [
    row,
    rows,
    tree.tokens.length,
    kept.path.length,
    isLast,
  ]);
  expect(told).toEqual([
    [10, 2, 2, 2, true],
    [11, 2, 3, 2, false],
    [11, 1, 2, 2, true],
  ]);
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
