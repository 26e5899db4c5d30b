// Drafts past the offsets that a head trained.
import type { DraftPolicy } from '@foretoken/core';
import { emptyTree } from '@foretoken/core';
import { type Engine, openEngine } from '@foretoken/engine';
import { beforeAll, expect, test } from 'vitest';
import fixed from '../fixed/fixed.ts';
import { openSession } from './open-session.ts';
import { randomOf } from './rollback.fixture.ts';
import { CONTEXT, type TinyHead, tinyModel } from './tiny-models.fixture.ts';

const chain: DraftPolicy = { grow: (_, frontier) => frontier.map((node) => ({ node, children: 1, sampled: false })) };
const random = () => randomOf(1);
const prompt = (...tokens: number[]) => ({ tokens: Int32Array.from(tokens) });
const nothing = (next: number) => ({ path: new Int32Array(0), next });

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});

test.each<TinyHead>(['extending', 'repeated', 'onward', 'blind', 'rolling'])(
  'drafts of %s go on past what was trained as far as the row has room',
  async (head) => {
    const other = tinyModel(engine, 'attentive', head);
    const opened = openSession(other);
    opened.join({ tokens: Int32Array.of(1) });
    await opened.verify([emptyTree()]);
    opened.commit([nothing(2)]);
    const [longest] = await opened.draft(chain, random);
    // Two tokens are kept, and the one that verifying adds must fit.
    expect(longest.tokens).toHaveLength(CONTEXT - 3);
    expect(opened.levels).toBe(CONTEXT - 3);
    await opened.verify([longest]);
    opened.commit([nothing(3)]);
    const seen: unknown[] = [];
    const within: DraftPolicy = {
      grow: (tree, frontier, p, at) => {
        seen.push([at.level, at.trained, at.levels]);
        return at.level > at.trained ? [] : chain.grow(tree, frontier, p, at);
      },
    };
    const [trained] = await opened.draft(within, random);
    expect(trained.tokens).toHaveLength(3);
    expect(seen).toEqual([1, 2, 3, 4].map((level) => [level, 3, CONTEXT - 3]));
    opened.dispose();
    other.dispose();
  },
);

test('drafts past what was trained need a readout: with replicated ones no level there is promised', async () => {
  const other = tinyModel(engine, 'attentive', 'extending', { readout: 'replicated' });
  const opened = openSession(other);
  expect(opened.levels).toBe(3);
  opened.join(prompt(1, 2));
  await opened.verify([emptyTree()]);
  opened.commit([nothing(2)]);
  const [drafted] = await opened.draft(chain, random);
  expect(drafted.tokens).toHaveLength(3);
  await opened.verify([drafted]);
  opened.commit([nothing(3)]);
  expect((await opened.draft(fixed.create({}, {}), random))[0].tokens).toHaveLength(3);
  opened.dispose();
  other.dispose();
});
