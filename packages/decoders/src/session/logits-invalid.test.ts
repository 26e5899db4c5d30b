// B rows. Logits that are no numbers: found where they are asked for, never made into text.
import type { DraftPolicy, LanguageModel, Sampling, Session, Verdict } from '@foretoken/core';
import { emptyTree } from '@foretoken/core';
import { type Engine, openEngine } from '@foretoken/engine';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import exact from '../exact/exact.ts';
import fixed from '../fixed/fixed.ts';
import greedy from '../greedy/greedy.ts';
import speculative from '../speculative/speculative.ts';
import { openSession } from './open-session.ts';
import { ReadoutRows } from './readout-rows.ts';
import { randomOf } from './rollback.fixture.ts';
import { type TinyHead, tinyModel } from './tiny-models.fixture.ts';

let engine: Engine;
let model: LanguageModel;
let session: Session;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
beforeEach(() => {
  model = tinyModel(engine, 'attentive', 'linear');
});
afterEach(() => {
  session.dispose();
  model.dispose();
});

/** The model with a head that multiplies what it says at an offset, for one row of the batch. */
function spoilt(offset: number, row: number, factor: number, whole = model): LanguageModel {
  const { head } = whole;
  const forward: typeof head.forward = (i, input) => {
    const output = head.forward(i, input);
    if (i !== offset) return output;
    const spoil = (hidden_BTE: Parameters<typeof engine.ops.mul>[0]) => {
      const [B] = hidden_BTE.shape;
      const factor_B11 = Float32Array.from({ length: B! }, (_, b) => (b === row ? factor : 1));
      return engine.ops.mul(hidden_BTE, engine.ops.constant(factor_B11, [B!, 1, 1]));
    };
    return 'hidden_BTE' in output
      ? { ...output, hidden_BTE: spoil(output.hidden_BTE) as typeof output.hidden_BTE }
      : (spoil(output) as typeof output);
  };
  return { ...whole, head: { ...head, forward } };
}

const prompt = (sampling?: Sampling) => ({ tokens: Int32Array.of(1, 2, 3), sampling });
const questions: [string, (verdict: Verdict, node: number) => unknown][] = [
  ['the first choice', (verdict, node) => verdict.argmax(node)],
  ['the distribution', (verdict, node) => verdict.p(node)],
  ['the logits', (verdict, node) => verdict.logits(node)],
];

describe.each([Number.NaN, Number.POSITIVE_INFINITY])('times %d', (factor) => {
  describe.each([undefined, { temperature: 0.5, topK: 3 }])('sampled by %o', (sampling) => {
    test.each(questions)(
      '%s of a verdict is refused by its row and offset, and not that of another',
      async (_, ask) => {
        session = openSession(spoilt(1, 1, factor));
        const [other, row] = [session.join(prompt(sampling)), session.join(prompt(sampling))];
        const tree = { tokens: Int32Array.of(4), parent: Int32Array.of(-1), q: ['chosen' as const] };
        const [good, bad] = await session.verify([tree, tree]);
        expect([other, row]).toEqual(session.rows);
        for (const node of [-1, 0]) {
          expect(() => ask(good, node)).not.toThrow();
          for (let time = 0; time < 2; time++) {
            expect(() => ask(bad, node)).toThrow(expect.objectContaining({ code: 'LOGITS_INVALID' }));
            expect(() => ask(bad, node)).toThrow(`offset 1 must give row ${row} a finite largest logit`);
          }
        }
      },
    );
  });

  const drafts: [string, DraftPolicy][] = [
    ['a chosen child', { grow: (_t, [node]) => [{ node, children: 1, sampled: false }] }],
    ['a few chosen children', { grow: (_t, [node]) => [{ node, children: 3, sampled: false }] }],
    ['a drawn child', { grow: (_t, [node]) => [{ node, children: 1, sampled: true }] }],
    ['the distribution', { grow: (_t, [node], p) => (p(node).length > 0 ? [] : []) }],
  ];
  describe.each<TinyHead>(['linear', 'sequential', 'anticausal'])('of %s', (head) => {
    test.each(drafts)('%s is refused by its row and offset', async (_, policy) => {
      const whole = tinyModel(engine, 'attentive', head);
      session = openSession(spoilt(2, 1, factor, whole));
      const [, row] = [session.join(prompt()), session.join(prompt())];
      // Offset 1 of anticausal reads offset 2 and is spoilt with it: that verdict is not asked.
      await session.verify([emptyTree(), emptyTree()]);
      session.commit([0, 1].map(() => ({ path: new Int32Array(0), next: 4 })));
      const drafted = session.draft(policy, () => randomOf(1));
      await expect(drafted).rejects.toMatchObject({ code: 'LOGITS_INVALID' });
      await expect(drafted).rejects.toThrow(`offset 2 must give row ${row} a finite largest logit`);
      session.dispose();
      whole.dispose();
    });
  });

  test.each([
    ['greedy', 1, greedy],
    ['speculative', 1, speculative],
    ['speculative', 2, speculative],
  ] as const)('%s with offset %i spoilt ends instead of emitting token 0 for ever', async (_, offset, decoder) => {
    session = openSession(spoilt(offset, 0, factor));
    const run = async () => {
      const request = { prompts: [prompt()], maxTokens: 5, rule: exact.create({}, {}), random: () => randomOf(1) };
      const emissions = decoder.create({}, {}).generate(session, { ...request, policy: fixed.create({}, {}) });
      for await (const { tokens } of emissions) expect(tokens.length).toBeGreaterThan(0);
    };
    await expect(run()).rejects.toMatchObject({ code: 'LOGITS_INVALID' });
    expect(session.rows).toEqual([]);
  });
});

describe('rows of logits', () => {
  const rowsOf = (logits: readonly number[], tokens_V?: Int32Array) =>
    new ReadoutRows(Float32Array.from(logits), { tokens_V } as never, 4, (index) => ({ offset: 3, row: 10 + index }));
  const none = Number.NEGATIVE_INFINITY;

  test('-Infinity for some tokens is fine, and the rest is as if they were not there', () => {
    const rows = rowsOf([none, 0, none, 0]);
    expect(rows.argmax(0)).toBe(1);
    expect(rows.p(0)).toEqual(Float64Array.of(0, 0.5, 0, 0.5));
    expect(rows.top(0, 2)).toEqual([1, 3]);
  });

  test.each<[string, number[], string]>([
    ['NaN in the last place', [1, 2, 3, Number.NaN], 'gave NaN for token 3'],
    ['NaN before a larger one', [1, Number.NaN, 3, 9], 'gave NaN for token 1'],
    ['Infinity beside NaN', [Number.POSITIVE_INFINITY, Number.NaN, 3, 9], 'gave NaN for token 1'],
    ['-Infinity for all', [none, none, none, none], 'gave -Infinity for token 0'],
  ])('%s is refused by all questions', (_, logits, words) => {
    const rows = rowsOf([1, 2, 3, 4, ...logits]);
    expect(rows.argmax(0)).toBe(3);
    for (const ask of [() => rows.argmax(1), () => rows.p(1), () => rows.top(1, 2), () => rows.view(1)]) {
      expect(ask).toThrow(`offset 3 must give row 11 a finite largest logit, but ${words}`);
    }
  });

  test('a readout with a vocabulary of its own names the token, not its row', () => {
    const rows = rowsOf([1, Number.NaN], Int32Array.of(3, 2));
    for (const ask of [() => rows.argmax(0), () => rows.p(0)]) expect(ask).toThrow('NaN for token 2');
    expect(rowsOf([1, 5], Int32Array.of(3, 2)).argmax(0)).toBe(2);
  });
});
