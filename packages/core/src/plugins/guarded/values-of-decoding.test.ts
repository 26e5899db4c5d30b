// V = 8 token ids.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PluginKind } from '../define.ts';
import { guardDefinition } from '../guard.ts';
import { fakePlugin, fakeSource } from '../plugin.fixture.ts';

/** What `create` of a guarded plugin gives, with some hooks of its own. */
function made(kind: PluginKind, hooks: object) {
  const needed = fakePlugin(kind, 'a').create({} as never, {}) as object;
  const create = () => ({ ...needed, ...hooks });
  const { create: guarded } = guardDefinition(fakePlugin(kind, 'a', { create }), fakeSource);
  // biome-ignore lint/suspicious/noExplicitAny: hooks of several kinds are called here
  return (guarded as (context: unknown, options: unknown) => any)({}, {});
}

/** What is said of a value; "taken" where nothing is. */
async function said(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'taken';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('what a decoder yields', () => {
  const right = { prompt: 0, tokens: Int32Array.of(3, 7), proposed: [1, 2], accepted: 2 };
  const yielded = (changes: object | null, request: object = { prompts: [{}, {}] }) =>
    said(async () => {
      async function* generate() {
        yield changes === null ? null : { ...right, ...changes };
      }
      for await (const _ of made('decoder', { generate }).generate({ vocabulary: 8 }, request)) {
        // Each is checked as it comes.
      }
    });

  it.each<[string, object]>([
    ['whole', {}],
    ['of the last prompt', { prompt: 1 }],
    ['without tokens', { tokens: new Int32Array(0), proposed: [], accepted: 0 }],
    ...['length', 'context', 'stop', 'aborted', 'failed'].map((finished): [string, object] => [finished, { finished }]),
  ])('is taken: %s', async (_, changes) => {
    expect(await yielded(changes)).toBe('taken');
  });

  it.each<[object | null, string]>([
    [null, 'must say which prompt in 0..1 an emission is of, yielded null'],
    [{ prompt: 2 }, 'must say which prompt in 0..1 an emission is of, yielded an object with prompt'],
    [{ prompt: 0.5 }, 'must say which prompt in 0..1'],
    [{ tokens: [3, 7] }, 'must yield tokens as an Int32Array, yielded [3,7]'],
    [{ tokens: Int32Array.of(3, 8) }, 'must yield tokens in 0..7, yielded 8'],
    [{ tokens: Int32Array.of(-1, 0) }, 'must yield tokens in 0..7, yielded -1'],
    [{ proposed: 3 }, 'must yield a list of counts as proposed, yielded 3'],
    [{ proposed: [1, -1] }, 'must yield a list of counts as proposed, yielded [1,-1]'],
    [{ accepted: 3 }, 'must yield an integer in 0..2 as accepted, yielded 3'],
    [{ accepted: undefined }, 'must yield an integer in 0..2 as accepted, yielded absent'],
    [
      { finished: 'done' },
      'must leave finished out or give one of length, context, stop, aborted, failed, gave "done"',
    ],
  ])('must not be %j', async (changes, says) => {
    expect(await yielded(changes)).toContain(`decoder "a" of demo@1.2.3: generate ${says}`);
  });

  it('may be of a prompt that arrived since', async () => {
    expect(await yielded({ prompt: 5 }, { prompts: [], arriving: {} })).toBe('taken');
    expect(await yielded({ prompt: -1 }, { prompts: [], arriving: {} })).toContain('must say which prompt in 0..');
  });

  it('comes as an async iterable of { done, value }', async () => {
    const through = (generate: () => unknown) =>
      said(async () => {
        for await (const _ of made('decoder', { generate }).generate({ vocabulary: 8 }, { prompts: [{}] })) {
          // Nothing is.
        }
      });
    expect(await through(() => [right])).toContain('generate must return an async iterable, returned [{"prompt":0');
    const odd = { [Symbol.asyncIterator]: () => ({ next: async () => 7 }) };
    expect(await through(() => odd)).toContain('generate must yield through { done, value }, gave 7');
  });
});

describe('what a draft policy asks for', () => {
  const grow = (value: unknown) => said(() => made('draft-policy', { grow: () => value }).grow({}, [0, 2]));

  it('is children of the frontier, as many as it likes', async () => {
    expect(await grow([])).toBe('taken');
    expect(
      await grow([
        { node: 2, children: 3 },
        { node: 0, children: 0 },
      ]),
    ).toBe('taken');
    expect(await grow([{ node: 1, children: 1 }])).toContain('to nodes of the frontier [0,2] alone');
    expect(await grow([{ node: 2, children: 1.5 }])).toContain(
      'must ask for an integer >= 0 of children, asked for 1.5',
    );
  });

  it('hears without an answer', async () => {
    const learn = (value: unknown) => said(() => made('draft-policy', { learn: () => value }).learn({}));
    expect([await learn(undefined), await learn(3)]).toEqual(['taken', 'taken']);
  });
});

describe('what a data set lists and reads', () => {
  const bytes = Buffer.from('text');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const right = { id: 'a.txt', split: 'train', bytes: 4, sha256 };
  const list = (...documents: readonly object[]) =>
    said(() => made('dataset', { list: async () => ({ documents, skipped: [{ id: 'b', reason: 'empty' }] }) }).list());

  it('is documents with an id of their own, a split, a size and a hash', async () => {
    expect(await list(right, { ...right, id: 'c.txt', split: 'validation', bytes: 0 })).toBe('taken');
    expect(await list(right, right)).toContain('list must list a document once, gave "a.txt" twice');
    for (const changes of [
      { id: 3 },
      { split: 'test' },
      { bytes: -1 },
      { bytes: 0.5 },
      { sha256: 'ff' },
      { sha256: 7 },
    ]) {
      expect(await list({ ...right, ...changes }), JSON.stringify(changes)).toContain(
        'list must list documents as { id, split:',
      );
    }
  });

  it('is read as it was listed', async () => {
    const read = (value: unknown) => said(() => made('dataset', { read: async () => value }).read(right));
    expect(await read(bytes)).toBe('taken');
    expect(await read(Buffer.from('test'))).toContain(
      'DATA_CHANGED: dataset "a" of demo@1.2.3: read must give the bytes',
    );
  });
});
