import type { DraftPolicy, LanguageModel, Session, Tree } from '@foretoken/core';
import { emptyTree } from '@foretoken/core';
import { type Engine, openEngine } from '@foretoken/engine';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSession } from './open-session.ts';
import { openWatched, randomOf } from './rollback.fixture.ts';
import { freshLogits, nothing, prompt, step, treeOf } from './session.fixture.ts';
import { type TinyHead, tinyModel } from './tiny-models.fixture.ts';

const sampledChain: DraftPolicy = {
  grow: (_, frontier, _p, { level, trained }) =>
    level > trained + 2 ? [] : frontier.map((node) => ({ node, children: 1, sampled: true })),
};
const random = () => randomOf(1);

let engine: Engine;
let model: LanguageModel;
let session: Session;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
beforeEach(() => {
  model = tinyModel(engine, 'attentive', 'sequential');
  session = openSession(model);
});
afterEach(() => {
  session.dispose();
  model.dispose();
});

describe('plugins that throw', () => {
  /** The model with a head that throws once at an offset. */
  function failing(offset: number, whole = model): LanguageModel {
    let isDue = false;
    const { head } = whole;
    const forward: typeof head.forward = (i, input) => {
      const output = head.forward(i, input);
      if (i !== offset || !isDue) return output;
      isDue = false;
      throw new Error('a plugin failed');
    };
    return Object.assign({ ...whole, head: { ...head, forward } }, { arm: () => (isDue = true) });
  }
  const arm = (broken: LanguageModel) => (broken as LanguageModel & { arm: () => void }).arm();

  test('a forward that fails leaves the step as it was', async () => {
    const broken = failing(1);
    session = openSession(broken);
    session.join(prompt(1, 2));
    await step(session, [nothing(3)]);
    const tensors = engine.memory().numTensors;
    arm(broken);
    await expect(session.verify([treeOf([7], [-1])])).rejects.toThrow('a plugin failed');
    expect(engine.memory().numTensors).toBe(tensors);
    const [first] = await session.verify([treeOf([8], [-1])]);
    expect(first.logits(-1)).toEqual(await freshLogits(model, [1, 2, 3]));
    session.commit([{ path: Int32Array.of(0), next: 9 }]);
    const [second] = await session.verify([emptyTree()]);
    expect(second.logits(-1)).toEqual(await freshLogits(model, [1, 2, 3, 8, 9]));
  });

  test('a prompt whose forward fails leaves no row, no tensor and no key', () => {
    const broken = failing(1);
    const watched = openWatched(broken);
    session = watched.session;
    session.join(prompt(1, 2));
    const tensors = engine.memory().numTensors;
    arm(broken);
    expect(() => session.join(prompt(3, 4, 5))).toThrow('a plugin failed');
    expect(engine.memory().numTensors).toBe(tensors);
    const [row] = session.rows;
    for (const store of watched.stores.values()) {
      expect(store.length(row)).toBe(1);
      expect(() => store.length(row + 1)).toThrow();
    }
    expect(session.rows).toHaveLength(1);
  });

  test.each<[TinyHead, number]>([
    ...[2, 3, 4].map((offset): [TinyHead, number] => ['sequential', offset]),
    ...[2, 3, 4, 5].map((offset): [TinyHead, number] => ['extending', offset]),
    ...[2, 3, 4, 5].map((offset): [TinyHead, number] => ['rolling', offset]),
    ['repeated', 5],
  ])('a draft of %s that fails at offset %i can be left out and the next ones are right', async (head, offset) => {
    const whole = tinyModel(engine, 'attentive', head);
    const broken = failing(offset, whole);
    const opened = openSession(broken);
    const texts = [
      [1, 2],
      [6, 5, 4, 3, 2],
    ];
    for (const text of texts) opened.join(prompt(...text));
    const add = async (...next: number[]) => {
      await opened.verify(opened.rows.map(emptyTree));
      opened.commit(next.map(nothing));
      for (const [r, token] of next.entries()) texts[r].push(token);
    };
    await add(3, 1);
    // The first column that an offset reads hides all before it: what a failure leaves there would not show.
    await opened.draft(sampledChain, random);
    await add(2, 2);
    arm(broken);
    await expect(opened.draft(sampledChain, random)).rejects.toThrow('a plugin failed');
    for (const next of [4, 5, 6]) {
      await add(next, next + 1);
      const trees = await opened.draft(sampledChain, random);
      for (const [r, text] of texts.entries()) {
        const fresh = openSession(whole);
        fresh.join(prompt(...text.slice(0, -1)));
        await fresh.verify([emptyTree()]);
        fresh.commit([nothing(text.at(-1)!)]);
        expect(trees[r]).toEqual((await fresh.draft(sampledChain, random))[0]);
        fresh.dispose();
      }
    }
    opened.dispose();
    whole.dispose();
  });

  test.each<TinyHead>(['sequential', 'hydra'])(
    '%s drafts the same where a policy asks again after a failure',
    async (head) => {
      const whole = tinyModel(engine, 'attentive', head);
      const broken = failing(3, whole);
      let failures = 0;
      const asking: DraftPolicy = {
        grow: (_, frontier, p, { level }) => {
          if (level > 2) return [];
          try {
            p(frontier[0]);
          } catch {
            failures++;
          }
          return frontier.map((node) => ({ node, children: 1, sampled: false }));
        },
      };
      const drafted: Tree[] = [];
      for (const of of [whole, broken]) {
        const opened = openSession(of);
        opened.join(prompt(1, 2, 3));
        await step(opened, [nothing(4)]);
        if (of === broken) arm(broken);
        drafted.push(...(await opened.draft(asking, random)));
        opened.dispose();
      }
      expect(failures).toBe(1);
      expect(drafted[1]).toEqual(drafted[0]);
      expect(drafted[0].tokens).toHaveLength(2);
      whole.dispose();
    },
  );
});

describe('declarations that decoding does not serve', () => {
  test.each([
    ['carry: further together with ahead: true', { reads: { carry: 'further', ahead: true } }],
    ['carry: further together with memory: unrolled', { reads: { carry: 'further' }, memory: 'unrolled' }],
    ['carry: further together with extends: true', { reads: { carry: 'further' }, extends: true }],
  ] as const)('%s is refused when the session is opened', (declaration, declared) => {
    const open = () => openSession({ ...model, head: { ...model.head, ...declared } });
    expect(open).toThrow(expect.objectContaining({ code: 'OFFSET_UNSUPPORTED' }));
    expect(open).toThrow(declaration);
  });

  test('a head without memory that asks for some is refused', () => {
    const { memory: _, ...head } = model.head;
    const opened = openSession({
      ...model,
      head: { ...head, forward: (_offset, { memory }) => memory.kv('x') as never },
    });
    opened.join(prompt(1, 2));
    return expect(opened.verify([emptyTree()])).rejects.toMatchObject({ code: 'OFFSET_UNSUPPORTED' });
  });
});
