// Rows join, finish and leave at any step. Over a scripted session: the next token is the last one plus 1, modulo 100.
import { type Emission, emptyTree } from '@foretoken/core';
import { type GeneratingRow, generateRows, type Step } from '@foretoken/core/plugin';
import { ForetokenError } from '@foretoken/engine/errors';
import { describe, expect, test, vi } from 'vitest';
import { all, DECODERS, drafting, endOf, greedy, Inbox, next, prompt, request, textOf } from './loop.fixture.ts';
import { ScriptedSession } from './scripted-session.fixture.ts';

/** The tokens that follow a start. */
const following = (start: number, count: number) => Array.from({ length: count }, (_, i) => (start + 1 + i) % 100);
const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
};

describe.each(DECODERS)('%s', (_, decoder) => {
  const session = () => new ScriptedSession(drafting(2));

  test('no more rows than asked for run at once, and those that wait join as others leave', async () => {
    const scripted = session();
    const emissions = await all(decoder.generate(scripted, request([10, 20, 30, 40, 50], 4, { maxRows: 2 })));
    expect([0, 1, 2, 3, 4].map((index) => textOf(emissions, index))).toEqual(
      [10, 20, 30, 40, 50].map((start) => following(start, 4)),
    );
    expect(scripted.peak).toBe(2);
    expect(scripted.rows).toEqual([]);
  });

  test('a place is filled at once, while the other row is in the middle of its text', async () => {
    const prompts = [prompt(10, { maxTokens: 1 }), prompt(20, { maxTokens: 9 }), prompt(30, { maxTokens: 9 })];
    const emissions = await all(decoder.generate(session(), request([], 1, { prompts, maxRows: 2 })));
    const order = emissions.map((emission) => emission.prompt);
    expect(order.slice(0, 4)).toEqual([0, 1, 1, 2]);
    expect(textOf(emissions, 2)).toEqual(following(30, 9));
  });

  test('every prompt has a limit of its own if it says so', async () => {
    const prompts = [prompt(10), prompt(20, { maxTokens: 5 }), prompt(30, { maxTokens: 1 })];
    const emissions = await all(decoder.generate(session(), request([], 3, { prompts })));
    expect([0, 1, 2].map((index) => textOf(emissions, index).length)).toEqual([3, 5, 1]);
  });

  test('prompts that arrive are numbered on from the others and join without holding up a row under way', async () => {
    const inbox = new Inbox();
    const emissions: Emission[] = [];
    for await (const emission of decoder.generate(session(), request([10], 30, { arriving: inbox }))) {
      emissions.push(emission);
      if (emissions.length === 2) inbox.send(prompt(50, { maxTokens: 3 }));
      if (emissions.length === 4) inbox.end();
    }
    expect(textOf(emissions, 0)).toEqual(following(10, 30));
    expect(textOf(emissions, 1)).toEqual(following(50, 3));
    expect(emissions.findIndex((emission) => emission.prompt === 1)).toBeLessThan(6);
  });

  test('a generation without a row waits for the next prompt, and ends with its source', async () => {
    const inbox = new Inbox();
    const run = all(decoder.generate(session(), request([], 2, { arriving: inbox })));
    await turns(5);
    inbox.send(prompt(10));
    await turns(20);
    inbox.send(prompt(20));
    inbox.end();
    const emissions = await run;
    expect(textOf(emissions, 0)).toEqual(following(10, 2));
    expect(textOf(emissions, 1)).toEqual(following(20, 2));
  });

  test('no more prompts are taken from the source than there are places', async () => {
    const inbox = new Inbox();
    for (const start of [10, 20, 30, 40]) inbox.send(prompt(start));
    inbox.end();
    const emissions = decoder
      .generate(session(), request([], 50, { arriving: inbox, maxRows: 2 }))
      [Symbol.asyncIterator]();
    for (let count = 0; count < 4; count++) await emissions.next();
    expect(inbox.asked).toBe(2);
    await emissions.return!();
  });

  test('a source that never pauses leaves rows under way their turn', async () => {
    const endless = {
      async *[Symbol.asyncIterator]() {
        for (;;) yield prompt(50);
      },
    };
    const emissions = decoder.generate(session(), request([10], 4, { arriving: endless }))[Symbol.asyncIterator]();
    const seen: Emission[] = [];
    while (!seen.some((emission) => emission.prompt === 0 && emission.finished)) {
      seen.push((await emissions.next()).value as Emission);
    }
    expect(textOf(seen, 0)).toEqual(following(10, 4));
    await emissions.return!();
  });

  test('a prompt that arrives and is bad fails alone, with its error', async () => {
    const inbox = new Inbox();
    inbox.send({ tokens: new Int32Array(0) });
    inbox.send(prompt(100));
    inbox.send(prompt(30));
    inbox.send({ tokens: Int32Array.of(1, -1), maxTokens: 0 });
    inbox.end();
    const quiet = await all(decoder.generate(session(), request([10, 20], 8)));
    const emissions = await all(decoder.generate(session(), request([10, 20], 8, { arriving: inbox })));
    expect(endOf(emissions, 2)).toMatchObject({ finished: 'failed', error: { code: 'PROMPT_EMPTY' }, proposed: [] });
    expect(endOf(emissions, 3)).toMatchObject({ finished: 'failed', error: { code: 'TOKEN_UNKNOWN' } });
    expect(endOf(emissions, 5).error!.problems).toHaveLength(2);
    expect(endOf(emissions, 5).tokens).toHaveLength(0);
    expect(textOf(emissions, 4)).toEqual(following(30, 8));
    for (const index of [0, 1]) {
      expect(emissions.filter((e) => e.prompt === index)).toEqual(quiet.filter((e) => e.prompt === index));
    }
  });

  test('a prompt that arrives and fails or is aborted leaves its place to the next', async () => {
    const inbox = new Inbox();
    inbox.send(prompt(100));
    inbox.send(prompt(20, { signal: AbortSignal.abort() }));
    inbox.send(prompt(30));
    inbox.end();
    const emissions = await all(decoder.generate(session(), request([], 2, { arriving: inbox, maxRows: 1 })));
    expect([0, 1, 2].map((index) => endOf(emissions, index).finished)).toEqual(['failed', 'aborted', 'length']);
  });

  test('a prompt that arrives and cannot join fails alone; an error of no known kind ends the generation', async () => {
    const full = new ForetokenError('OUT_OF_MEMORY', 'session: no memory for another row.');
    for (const error of [full, new Error('broken')]) {
      const scripted = session();
      const { join } = scripted;
      scripted.join = (joining) => {
        if (joining.tokens[0] === 50) throw error;
        return join.call(scripted, joining);
      };
      const inbox = new Inbox();
      inbox.send(prompt(50));
      inbox.end();
      const run = all(decoder.generate(scripted, request([10], 5, { arriving: inbox })));
      if (error === full) {
        expect(endOf(await run, 1).error).toBe(full);
        expect(textOf(await run, 0)).toEqual(following(10, 5));
      } else await expect(run).rejects.toBe(error);
      expect(scripted.rows).toEqual([]);
    }
  });

  test('a prompt that was there from the start and cannot join ends the generation', async () => {
    const scripted = session();
    const { join } = scripted;
    const full = new ForetokenError('OUT_OF_MEMORY', 'session: no memory for another row.');
    scripted.join = (joining) => {
      if (joining.tokens[0] === 20) throw full;
      return join.call(scripted, joining);
    };
    await expect(all(decoder.generate(scripted, request([10, 20], 5, { maxRows: 1 })))).rejects.toBe(full);
    expect(scripted.rows).toEqual([]);
  });

  test('a source that fails is told once the rows before it are finished', async () => {
    const inbox = new Inbox();
    inbox.send(prompt(20));
    inbox.fail(new Error('connection lost'));
    const scripted = session();
    const emissions: Emission[] = [];
    const run = (async () => {
      for await (const emission of decoder.generate(scripted, request([10], 6, { arriving: inbox }))) {
        emissions.push(emission);
      }
    })();
    await expect(run).rejects.toThrow('connection lost');
    expect(textOf(emissions, 0)).toEqual(following(10, 6));
    expect(textOf(emissions, 1)).toEqual(following(20, 6));
    expect(scripted.rows).toEqual([]);
  });

  test('a prompt of its own signal ends alone: while it runs, while it waits, before it came', async () => {
    const controllers = [0, 1, 2, 3].map(() => new AbortController());
    const [runs, waits, early] = controllers;
    early.abort();
    const prompts = [
      prompt(10, { signal: runs.signal }),
      prompt(20),
      prompt(30, { signal: waits.signal }),
      prompt(40, { signal: early.signal }),
    ];
    const scripted = session();
    const emissions: Emission[] = [];
    for await (const emission of decoder.generate(scripted, request([], 30, { prompts, maxRows: 2 }))) {
      emissions.push(emission);
      if (emissions.length === 3) {
        runs.abort();
        waits.abort();
      }
    }
    for (const index of [0, 2, 3]) {
      expect(endOf(emissions, index)).toEqual({
        prompt: index,
        tokens: new Int32Array(0),
        proposed: [],
        accepted: 0,
        finished: 'aborted',
      });
    }
    expect(textOf(emissions, 1)).toEqual(following(20, 30));
    const cut = textOf(emissions, 0);
    expect(cut.length).toBeLessThan(30);
    expect(cut).toEqual(following(10, cut.length));
    expect(scripted.calls.filter((call) => call === 'join')).toHaveLength(2);
    expect(scripted.rows).toEqual([]);
  });

  test('an abort wakes a generation that waits for a prompt', async () => {
    const controller = new AbortController();
    const inbox = new Inbox();
    const scripted = session();
    const { signal } = controller;
    const run = all(decoder.generate(scripted, request([10], 2, { arriving: inbox, signal })));
    setTimeout(() => controller.abort(), 5);
    await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(inbox.isClosed).toBe(true);
    expect(scripted.rows).toEqual([]);
  });

  test('an abort between two joins comes before the first token', async () => {
    const controller = new AbortController();
    const scripted = session();
    const { join } = scripted;
    scripted.join = (joining) => {
      setImmediate(() => controller.abort());
      return join.call(scripted, joining);
    };
    const run = all(decoder.generate(scripted, request([10, 20, 30], 9, { signal: controller.signal })));
    await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(scripted.forwards).toBe(0);
    expect(scripted.calls.filter((call) => call === 'join').length).toBeLessThan(3);
    expect(scripted.rows).toEqual([]);
  });

  test('whoever stops reading ends the source too', async () => {
    const inbox = new Inbox();
    for await (const _emission of decoder.generate(session(), request([10], 9, { arriving: inbox }))) break;
    expect(inbox.isClosed).toBe(true);
  });

  test('a step that fails frees every row, those that waited included', async () => {
    const scripted = session();
    const verify = vi.spyOn(scripted, 'verify');
    verify.mockImplementationOnce(scripted.verify.bind(scripted)).mockRejectedValueOnce(new Error('no forward'));
    await expect(all(decoder.generate(scripted, request([10, 20, 30], 9, { maxRows: 2 })))).rejects.toThrow();
    expect(scripted.rows).toEqual([]);
  });
});

test('with one place prompts follow one another', async () => {
  const scripted = new ScriptedSession({ next });
  const emissions = await all(greedy.generate(scripted, request([10, 20], 5, { maxRows: 1 })));
  expect(emissions.map((emission) => emission.prompt)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
  expect(scripted.forwards).toBe(10);
});

test('a row is the same object all its life, and its text grows in place', async () => {
  const scripted = new ScriptedSession({ next, context: 5 });
  const rowsSeen = new Set<GeneratingRow>();
  const texts = new Set<readonly number[]>();
  const tree = emptyTree();
  const step: Step = async (rows) => {
    for (const row of rows) {
      rowsSeen.add(row);
      texts.add(row.text);
    }
    const verdicts = await scripted.verify(rows.map(() => tree));
    return verdicts.map((verdict) => ({ tree, verdict, kept: { path: new Int32Array(0), next: verdict.argmax(-1) } }));
  };
  await all(generateRows(scripted, request([10], 9, { window: 2 }), step));
  expect(rowsSeen.size).toBe(1);
  expect([...texts]).toEqual([[10, ...following(10, 9)]]);
});
