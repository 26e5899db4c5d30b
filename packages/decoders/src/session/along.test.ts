// Which offsets run in which forward, and that it changes no draft: warm sessions against fresh ones, which catch up instead.
import type { DraftPolicy, LanguageModel, Session } from '@foretoken/core';
import { emptyTree } from '@foretoken/core';
import { type Definition, defineHead } from '@foretoken/core/plugin';
import { type Engine, type Nodes, openEngine } from '@foretoken/engine';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSession } from './open-session.ts';
import { randomOf } from './rollback.fixture.ts';
import { chain, nothing, prompt, treeOf } from './session.fixture.ts';
import { modelOf, type TinyHead, type TinyTrunk, tinyModel, tinyTrunk } from './tiny-models.fixture.ts';

/** A chain of so many levels. */
const chainOf = (levels: number): DraftPolicy => ({
  grow: (tree, frontier, p, at) => (at.level > levels ? [] : chain.grow(tree, frontier, p, at)),
});
const random = () => randomOf(1);

/** Carries without a memory or tokens ahead: the sum of all nearer offsets. Drafts as far as asked. */
const summing = defineHead({
  name: 'summing',
  create: ({ ops }) => ({
    extends: true,
    reads: { carry: 'nearer' },
    forward: (_offset, { trunk: [h], carry_BTC }) => (carry_BTC ? ops.tanh(ops.add(ops.mul(carry_BTC, 3), h)) : h),
  }),
});
/** Side by side, each with a memory of its own, past the trained ones. */
const tallying = defineHead({
  name: 'tallying',
  create: ({ ops, dims }) => ({
    extends: true,
    memory: 'per-offset',
    forward: (offset, { trunk: [h], memory }) =>
      memory.scan('tally', ops.zeros([dims.width]), (state_BD, node) => {
        const [B, , D] = h.shape;
        const h_BD = ops.reshape(ops.slice(h, [0, node, 0], [B, 1, D]), [B, D]);
        return ops.tanh(ops.add(ops.mul(state_BD, 1 / offset), h_BD));
      }) as typeof h,
  }),
});
const own: Record<string, Definition<'head'>> = { summing, tallying };

/** Head and readout calls of a session's model, written down until they are taken. */
interface Seen {
  readonly session: Session;
  /** Offsets in the order they ran, `|` where other nodes follow, then how often a readout ran. */
  take(): string;
  /** Nodes a row at which each offset ran, and how often keys and values were kept, since what was taken last. */
  look(): { readonly nodes: readonly string[]; readonly commits: number };
}

function watched(model: LanguageModel): Seen {
  const runs: { offset: number; at: Nodes }[] = [];
  let [readouts, commits] = [0, 0];
  const { engine, head } = model;
  const ops = {
    ...engine.ops,
    hostLogits: ((requests) => {
      readouts += requests.length;
      return engine.ops.hostLogits(requests);
    }) as typeof engine.ops.hostLogits,
  };
  const forward: typeof head.forward = (offset, input) => {
    runs.push({ offset, at: input.at });
    return head.forward(offset, input);
  };
  const commitKeyValues: Engine['commitKeyValues'] = (...args) => {
    commits++;
    engine.commitKeyValues(...args);
  };
  return {
    session: openSession({ ...model, engine: { ...engine, ops, commitKeyValues }, head: { ...head, forward } }),
    look: () => ({ nodes: runs.map(({ offset, at }) => `${offset}: ${at.length_B}`), commits }),
    take() {
      const told = runs.map(({ offset, at }, i) => `${i > 0 && runs[i - 1].at !== at ? '| ' : ''}${offset}`).join(' ');
      const counted = `${told}, ${readouts} read out`;
      runs.length = 0;
      [readouts, commits] = [0, 0];
      return counted;
    },
  };
}

let engine: Engine;
let model: LanguageModel;
let seen: Seen;
let texts: number[][];
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
beforeEach(() => open('attentive', 'parallel'));
afterEach(() => {
  seen.session.dispose();
  model.dispose();
});

function open(trunk: TinyTrunk, head: string, readout: 'shared' | 'replicated' = 'shared'): void {
  seen?.session.dispose();
  model?.dispose();
  model = own[head]
    ? modelOf(engine, tinyTrunk(trunk), own[head], { readout })
    : tinyModel(engine, trunk, head as TinyHead, { readout });
  seen = watched(model);
  texts = [];
}

function join(...tokens: number[]): void {
  seen.session.join(prompt(...tokens));
  texts.push(tokens);
}

/** Drafts so many levels, compares every draft with a fresh session's, and keeps all but the last of its tokens. */
async function step(levels: number | undefined): Promise<string> {
  const { session } = seen;
  const policy = chainOf(levels ?? 0);
  const drafted = levels === undefined ? session.rows.map(emptyTree) : await session.draft(policy, random);
  await session.verify(drafted);
  const kept = drafted.map(({ tokens }) => ({
    path: Int32Array.from({ length: Math.max(0, tokens.length - 1) }, (_, node) => node),
    next: 1 + (tokens.length % 3),
  }));
  session.commit(kept);
  const told = seen.take();
  for (const [r, text] of texts.entries()) {
    text.push(...kept[r].path.map((node) => drafted[r].tokens[node]), kept[r].next);
  }
  return told;
}

/** That the next drafts are those of fresh sessions; the step is left out. */
async function expectFreshDrafts(levels: number): Promise<void> {
  const { session } = seen;
  const copies = session.rows.map(() => emptyTree());
  const drafted = await session.draft(chainOf(levels), random);
  await session.verify(copies);
  session.commit(copies.map(() => nothing(4)));
  for (const [r, text] of texts.entries()) {
    const fresh = openSession(model);
    fresh.join(prompt(...text.slice(0, -1)));
    await fresh.verify([emptyTree()]);
    fresh.commit([nothing(text.at(-1)!)]);
    expect((await fresh.draft(chainOf(levels), random))[0]).toEqual(drafted[r]);
    fresh.dispose();
    text.push(4);
  }
  seen.take();
}

describe('offsets that wait for the trunk alone', () => {
  test('run together once a draft has asked for them, and are read out together', async () => {
    join(5, 3, 8, 1);
    expect(seen.take()).toBe('1, 0 read out');
    expect(await step(3)).toBe('1, 1 read out');
    // Nobody knew how far the policy would go: one after the other.
    expect(await step(3)).toBe('2 3 4 | 1, 4 read out');
    for (let more = 0; more < 3; more++) expect(await step(3)).toBe('2 3 4 | 1, 2 read out');
    await expectFreshDrafts(3);
  });

  test('cost a decoder nothing that drafts nothing, or drafts no more', async () => {
    join(5, 3, 8, 1);
    seen.take();
    for (const levels of [undefined, undefined, 0, 0]) expect(await step(levels)).toBe('1, 1 read out');
    await step(3);
    expect(await step(undefined)).toBe('1, 1 read out');
    await step(3);
    expect(await step(0)).toBe('1, 1 read out');
    await expectFreshDrafts(3);
  });

  test('follow a policy that goes deeper and comes back', async () => {
    join(5, 3, 8, 1);
    await step(0);
    expect(await step(1)).toBe('2 | 1, 2 read out');
    // Offset 3 has more to read than offset 2.
    expect(await step(2)).toBe('2 | 3 | 1, 3 read out');
    expect(await step(1)).toBe('2 3 | 1, 2 read out');
    // Two levels were in use before the last step, one in it; offset 3 had read as much as offset 2, offset 4 nothing.
    expect(await step(3)).toBe('2 3 | 4 | 1, 4 read out');
    expect(await step(2)).toBe('2 3 4 | 1, 2 read out');
    await expectFreshDrafts(3);
    expect(await step(0)).toBe('1, 1 read out');
    await expectFreshDrafts(3);
  });

  test('read the prompt of a row that joins others that draft, which then drafts with them', async () => {
    join(5, 3, 8, 1);
    await step(0);
    await step(2);
    join(9, 9, 4, 2, 6, 6);
    expect(seen.take()).toBe('1 2 3, 0 read out');
    expect(await step(2)).toBe('2 3 | 1, 2 read out');
    expect(await step(2)).toBe('2 3 | 1, 2 read out');
    await expectFreshDrafts(3);
  });

  test('catch up with a row that joined while nothing was drafted, beside the others', async () => {
    join(5, 3, 8, 1);
    await step(0);
    join(9, 9, 4, 2, 6, 6);
    seen.take();
    expect(await step(2)).toBe('2 3 | 1, 3 read out');
    expect(await step(2)).toBe('2 3 | 1, 2 read out');
    await expectFreshDrafts(2);
  });

  test('catch up with a row that stops drafting before the others', async () => {
    join(5, 3, 8, 1);
    join(9, 9, 4);
    await step(0);
    const { session } = seen;
    const [first] = session.rows;
    const uneven: DraftPolicy = {
      grow: (tree, frontier, p, at) => chainOf(at.row === first ? 1 : 3).grow(tree, frontier, p, at),
    };
    // Both rows ask for level 1, then the second asks alone. The next time all offsets of the first one run with its others.
    for (const expected of ['2 | 3 4 | 1, 4 read out', '3 4 | 2 3 4 | 1, 2 read out', '2 3 4 | 1, 2 read out']) {
      const drafted = await session.draft(uneven, random);
      expect(drafted.map(({ tokens }) => tokens.length)).toEqual([1, 3]);
      await session.verify(drafted);
      session.commit([nothing(1), nothing(2)]);
      texts[0].push(1);
      texts[1].push(2);
      expect(seen.take()).toBe(expected);
    }
    await expectFreshDrafts(3);
  });

  test('go on where a fork was made', async () => {
    join(5, 3, 8, 1);
    await step(0);
    await step(3);
    const { session } = seen;
    session.fork([session.rows[0], session.rows[0]], [7, 2]);
    texts = [7, 2].map((pending) => [...texts[0].slice(0, -1), pending]);
    expect(await step(3)).toBe('2 3 4 | 1, 2 read out');
    await expectFreshDrafts(3);
    session.leave(session.rows[0]);
    texts.shift();
    expect(await step(3)).toBe('2 3 4 | 1, 2 read out');
  });

  test('run at the columns kept of a tree alone, whatever was drafted beside them, and keep them in one call', async () => {
    join(5, 3, 8, 1);
    await step(0);
    await step(3);
    const { session } = seen;
    await session.draft(chainOf(3), random);
    await session.verify([treeOf([7, 6, 2, 3, 4], [-1, -1, 1, 0, 2])]);
    session.commit([{ path: Int32Array.of(1, 2), next: 9 }]);
    texts[0].push(6, 2, 9);
    expect(seen.take()).toBe('2 3 4 | 1, 2 read out');
    await session.draft(chainOf(3), random);
    expect(seen.look()).toEqual({ nodes: ['2: 3', '3: 3', '4: 3'], commits: 1 });
    await session.verify([emptyTree()]);
    session.commit([nothing(4)]);
    texts[0].push(4);
    await expectFreshDrafts(3);
  });

  test('are read out one by one where each has a readout of its own', async () => {
    open('attentive', 'parallel', 'replicated');
    join(5, 3, 8, 1);
    await step(0);
    await step(3);
    expect(await step(3)).toBe('2 3 4 | 1, 4 read out');
    expect(await step(1)).toBe('2 3 4 | 1, 4 read out');
    expect(await step(1)).toBe('2 | 1, 2 read out');
    await expectFreshDrafts(3);
  });
});

describe.each<TinyTrunk>(['attentive', 'recurrent', 'gated'])('on the %s trunk', (trunk) => {
  test.each([
    // Offset 4 also drafts what offset 3 would, one column back.
    ['leap', ['2 4 4 | 1, 4 read out', '2 4 | 1, 2 read out', '2 4 | 1, 2 read out', '2 4 4 | 1, 4 read out']],
    ['linear', ['2 3 4 | 1, 4 read out', '2 3 4 | 1, 2 read out', '2 3 4 | 1, 2 read out', '2 3 4 | 1, 4 read out']],
    ['causal', ['2 3 4 | 1, 4 read out', '2 3 4 | 1, 2 read out', '2 3 4 | 1, 2 read out', '2 3 4 | 1, 4 read out']],
    ['summing', ['2 3 4 | 1, 4 read out', '2 3 4 | 1, 2 read out', '2 3 4 | 1, 2 read out', '2 3 4 | 1, 4 read out']],
    ['tallying', ['2 3 4 | 1, 4 read out', '2 3 4 | 1, 2 read out', '2 3 4 | 1, 2 read out', '2 3 4 | 1, 4 read out']],
    // All run in any case.
    ['anticausal', ['4 3 2 1, 4 read out', '4 3 2 1, 2 read out', '4 3 2 1, 2 read out', '4 3 2 1, 4 read out']],
  ])('%s drafts what a fresh session drafts, at whatever depth', async (head, told) => {
    open(trunk, head);
    join(5, 3, 8, 1);
    await step(0);
    expect([await step(3), await step(3), await step(1), await step(3)]).toEqual(told);
    await expectFreshDrafts(3);
    join(2, 2, 7);
    await step(2);
    await expectFreshDrafts(3);
    seen.session.fork([...seen.session.rows].reverse());
    texts.reverse();
    await step(3);
    await expectFreshDrafts(2);
  });

  test.each(['summing', 'tallying'])('%s runs offsets past the trained ones with the others', async (head) => {
    open(trunk, head);
    join(5, 3, 8, 1);
    await step(0);
    await step(5);
    expect(await step(5)).toBe('2 3 4 5 6 | 1, 2 read out');
    await expectFreshDrafts(5);
  });
});
