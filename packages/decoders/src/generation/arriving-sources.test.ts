// Sources of prompts that are no async generators, and keep to no rule of one.
import type { Emission, Prompt } from '@foretoken/core';
import { describe, expect, test } from 'vitest';
import { all, drafting, greedy, prompt, request, textOf } from './loop.fixture.ts';
import { ScriptedSession } from './scripted-session.fixture.ts';

/** A source of these calls; what they answer is nobody's promise. */
const sourceOf = (calls: { next(): unknown; return?(): unknown }) =>
  ({ [Symbol.asyncIterator]: () => calls }) as AsyncIterable<Prompt>;
const fail = (message: string) => () => {
  throw new Error(message);
};
const never = () => new Promise<never>(() => {});

describe('next', () => {
  test.each<[string, () => unknown, string | RegExp]>([
    ['throws at once', fail('no connection'), 'no connection'],
    ['rejects', () => Promise.reject(new Error('no connection')), 'no connection'],
    ['answers with nothing', () => undefined, /undefined/],
    ['answers with a promise of nothing', async () => null, /null/],
  ])('that %s ends the generation once the rows under way are finished', async (_, next, message) => {
    const session = new ScriptedSession(drafting(0));
    const emissions: Emission[] = [];
    const run = async () => {
      for await (const emission of greedy.generate(session, request([10], 4, { arriving: sourceOf({ next }) }))) {
        emissions.push(emission);
      }
    };
    await expect(run()).rejects.toThrow(message);
    expect(textOf(emissions, 0)).toEqual([11, 12, 13, 14]);
    expect(session.rows).toEqual([]);
  });

  test('that answers without a promise is taken at its word', async () => {
    const answers = [{ done: false, value: prompt(30) }, { done: true }];
    const arriving = sourceOf({ next: () => answers.shift() });
    const emissions = await all(greedy.generate(new ScriptedSession(drafting(0)), request([10], 2, { arriving })));
    expect([0, 1].map((index) => textOf(emissions, index))).toEqual([
      [11, 12],
      [31, 32],
    ]);
  });
});

const returns: [string, (() => unknown) | undefined][] = [
  ['throws at once', fail('cannot close')],
  ['rejects', () => Promise.reject(new Error('cannot close'))],
  ['answers without a promise', () => ({ done: true })],
  ['answers with nothing', () => undefined],
  ['never answers', never],
  ['is not there', undefined],
];

describe.each(returns)('return that %s', (_, back) => {
  const arriving = () => sourceOf({ next: never, ...(back && { return: back }) });

  test('does not keep a reader from leaving, nor a row', async () => {
    const session = new ScriptedSession(drafting(0));
    for await (const _emission of greedy.generate(session, request([10], 4, { arriving: arriving() }))) break;
    expect(session.rows).toEqual([]);
  });

  test('does not replace the error that ends the generation', async () => {
    const session = new ScriptedSession(drafting(0));
    session.verify = fail('out of luck');
    const run = all(greedy.generate(session, request([10], 4, { arriving: arriving() })));
    await expect(run).rejects.toThrow('out of luck');
    expect(session.rows).toEqual([]);
  });
});

test('rows are free before the source is told', async () => {
  const session = new ScriptedSession(drafting(0));
  const rowsThen: number[] = [];
  const back = () => {
    rowsThen.push(session.rows.length);
    return {};
  };
  const arriving = sourceOf({ next: never, return: back });
  for await (const _emission of greedy.generate(session, request([10], 4, { arriving }))) break;
  expect(rowsThen).toEqual([0]);
});
