import { describe, expect, it } from 'vitest';
import type { Emission, Kept } from '../../contracts/decoding.ts';
import type { Definition, PluginKind } from '../define.ts';
import { guardDefinition } from '../guard.ts';
import { fakePlugin, fakeSource } from '../plugin.fixture.ts';
import { failedHook, saidHook } from './failure.ts';
import type { HookWatch } from './hooks.ts';
import { notingWatch } from './noting-watch.fixture.ts';

/** What `create` of a guarded plugin gives, with some hooks of its own. */
function made(kind: PluginKind, hooks: object, { watch, context = {} }: { watch?: HookWatch; context?: object } = {}) {
  const { create } = guardDefinition(fakePlugin(kind, 'a', { create: () => hooks }), fakeSource, { watch });
  // biome-ignore lint/suspicious/noExplicitAny: hooks of every kind are called here
  return (create as (context: unknown, options: unknown) => any)(context, {});
}

/** The message of what `work` throws or rejects with, the hook it came out of, and the error. */
async function failureOf(work: () => unknown): Promise<{ message: string; hook: string | undefined; cause: unknown }> {
  try {
    await work();
  } catch (error) {
    const { message, cause } = error as Error;
    const hook = failedHook(error);
    return { message, hook: hook && saidHook(hook), cause };
  }
  throw new Error('nothing was thrown');
}

const untouchable = new Proxy(
  {},
  Object.fromEntries(
    ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'defineProperty'].map((trap) => [
      trap,
      () => {
        throw new Error('do not touch');
      },
    ]),
  ),
);
const secretive = Object.defineProperty(new Error(), 'message', {
  get() {
    throw new Error('not yours');
  },
});

describe('a hook', () => {
  it('is what it was when it was made, whatever the plugin puts in its place, and still called on the plugin', () => {
    const hooks = {
      weight: 2,
      start: () => {},
      now() {
        hooks.now = () => [7];
        return [this.weight];
      },
    };
    const weighting = made('weighting', hooks);
    expect([weighting.now(), weighting.now()]).toEqual([[2], [2]]);
  });

  it.each([
    ['an error', new Error('plainly'), '"plainly"'],
    ['null', null, '"null"'],
    ['undefined', undefined, '"undefined"'],
    ['a text', 'no', '"no"'],
    ['a symbol', Symbol('s'), '"Symbol(s)"'],
    ['a frozen error', Object.freeze(new Error('cold')), '"cold"'],
    ['an object', { reason: 1 }, 'an object with reason'],
    ['an error whose message throws', secretive, 'an object without keys'],
    ['a proxy that throws at every touch', untouchable, 'an object that cannot be looked at'],
    ['a book', 'x'.repeat(10_000), `"${'x'.repeat(500)}..."`],
  ])('that throws %s fails with kind, name, package and hook', async (_, thrown, said) => {
    const weighting = made('weighting', {
      start: () => {
        throw thrown;
      },
      now: () => [],
    });
    const { message, hook, cause } = await failureOf(() => weighting.start([]));
    expect(message).toContain(`PLUGIN_FAILED: weighting "a" of demo@1.2.3: start threw ${said}. Check its options`);
    expect(hook).toBe('weighting "a" of demo@1.2.3: start');
    expect(cause).toBe(thrown);
  });

  it('that answers later fails the same, whether it throws at once or rejects', async () => {
    for (const measure of [() => Promise.reject(new Error('x')), () => fail('x')]) {
      const { message } = await failureOf(() => made('eval', { measure }).measure({}));
      expect(message).toContain('eval "a" of demo@1.2.3: measure threw "x"');
    }
  });

  it('that gives values one by one fails the same at each, and is closed', async () => {
    const ended: string[] = [];
    async function* generate() {
      try {
        yield emission(0);
        yield emission(1);
      } finally {
        ended.push('closed');
      }
    }
    const decoder = made('decoder', { generate });
    const seen: number[] = [];
    for await (const { prompt } of decoder.generate(session, { prompts: [1, 2] }) as AsyncIterable<Emission>) {
      seen.push(prompt);
      if (seen.length === 1) break;
    }
    expect([seen, ended]).toEqual([[0], ['closed']]);
    const late = made('decoder', {
      async *generate() {
        yield emission(0);
        fail('halfway');
      },
    });
    const { message } = await failureOf(async () => {
      for await (const { prompt } of late.generate(session, { prompts: [1] }) as AsyncIterable<Emission>)
        seen.push(prompt);
    });
    expect(message).toContain('generate threw "halfway"');
    expect(seen).toEqual([0, 0]);
  });

  it('whose error has a code of ours gives that very error; the innermost hook is told', async () => {
    const inner = made('weighting', { start: () => fail('deep'), now: () => [] });
    const outer = made('eval', { measure: async () => inner.start([]) });
    const { message, hook } = await failureOf(() => outer.measure({}));
    expect(message).toContain('weighting "a" of demo@1.2.3: start threw "deep"');
    expect(hook).toBe('weighting "a" of demo@1.2.3: start');
  });

  it('that throws an error with a made-up code is not believed', async () => {
    const forged = Object.assign(new Error('mine'), { code: 'ALL_IS_WELL', [Symbol.for('foretoken.error')]: true });
    const { message } = await failureOf(() => made('eval', { measure: () => fail(forged) }).measure({}));
    expect(message).toContain('PLUGIN_FAILED: eval "a" of demo@1.2.3: measure threw "mine"');
  });
});

describe('what create gave', () => {
  class Counting {
    readonly #step: number;
    count = 0;
    constructor(step: number) {
      this.#step = step;
    }
    get vocabulary(): number {
      return 256 * this.#step;
    }
    encode(): Int32Array {
      this.count += this.#step;
      return Int32Array.of(this.count);
    }
    decode = () => Uint8Array.of(this.count);
    twice() {
      return 2 * this.#step;
    }
  }

  it('keeps this, private fields, getters and members that are no hooks', () => {
    const instance = new Counting(3);
    const tokenizer = made('tokenizer', instance);
    expect([tokenizer.encode([]), tokenizer.encode([])]).toEqual([Int32Array.of(3), Int32Array.of(6)]);
    expect(tokenizer).toMatchObject({ vocabulary: 768, count: 6 });
    expect([tokenizer.twice(), tokenizer.decode([])]).toEqual([6, Uint8Array.of(6)]);
    expect(Object.keys(tokenizer)).toContain('count');
  });

  it('cannot be changed by whoever holds it', () => {
    const tokenizer = made('tokenizer', new Counting(1));
    expect(() => {
      tokenizer.encode = () => Int32Array.of(9);
    }).toThrow(TypeError);
    expect(tokenizer.encode([])).toEqual(Int32Array.of(1));
  });

  it('has a getter that throws under the name of its plugin', async () => {
    const policy = made('draft-policy', {
      grow: () => [],
      get note() {
        return fail('no note');
      },
    });
    expect((await failureOf(() => policy.note)).message).toContain(
      'draft-policy "a" of demo@1.2.3: note threw "no note"',
    );
  });

  it('has no hook that it was not given, and none that is no function', async () => {
    expect(made('draft-policy', { grow: () => [] })).not.toHaveProperty('learn');
    const { message } = await failureOf(() => made('draft-policy', { grow: () => [], learn: 3 }));
    expect(message).toBe(
      'PLUGIN_INVALID: draft-policy "a" of demo@1.2.3: learn must be a function, was 3. Mend it, or report it to the author of demo.',
    );
  });
});

describe('what a hook gives', () => {
  const tree = { tokens: Int32Array.of(4, 5), parent: Int32Array.of(-1, 0), q: ['chosen', 'chosen'] };
  const verdict = { logits: () => new Float32Array(8) };
  const kept = (path: number[], next: unknown) => ({ path: Int32Array.from(path), next }) as Kept;

  it.each<[PluginKind, string, unknown, readonly unknown[], string]>([
    [
      'weighting',
      'now',
      [1, Number.NaN],
      [],
      'WEIGHTS_INVALID: weighting "a" of demo@1.2.3: now must return finite weights',
    ],
    ['weighting', 'now', [1, -1], [], 'returned -1 as number 2'],
    ['weighting', 'now', 'one', [], 'now must return a list of weights, returned "one"'],
    [
      'weighting',
      'start',
      undefined,
      [],
      'start must return a state that survives JSON unchanged, but it is undefined',
    ],
    ['weighting', 'learn', new Map(), [], 'learn must return a state that survives JSON unchanged, but it is Map'],
    [
      'horizon-schedule',
      'now',
      3,
      [],
      'HORIZON_INVALID: horizon-schedule "a" of demo@1.2.3: now must return an integer in 1..2',
    ],
    ['horizon-schedule', 'now', 0.5, [], 'returned 0.5'],
    [
      'acceptance-rule',
      'accept',
      kept([1], 3),
      [tree, verdict],
      'must return a path from the root of its tree, returned [1]',
    ],
    [
      'acceptance-rule',
      'accept',
      kept([0, 1], 8),
      [tree, verdict],
      'TOKEN_UNKNOWN: acceptance-rule "a" of demo@1.2.3: accept',
    ],
    ['acceptance-rule', 'accept', { path: [0], next: 1 }, [tree, verdict], 'with path an Int32Array'],
    ['acceptance-rule', 'accept', undefined, [tree, verdict], 'returned absent'],
    ['draft-policy', 'grow', [{ node: 9, children: 1 }], [tree, [1]], 'nodes of the frontier [1] alone'],
    ['draft-policy', 'grow', [{ node: 1, children: -1 }], [tree, [1]], 'must ask for an integer >= 0 of children'],
    ['draft-policy', 'grow', 3, [tree, [1]], 'must return a list of growths, returned 3'],
    ['draft-policy', 'learn', Promise.resolve(), [], 'must be done when it returns, returned a promise'],
    [
      'tokenizer',
      'encode',
      Int32Array.of(256),
      [],
      'TOKEN_UNKNOWN: tokenizer "a" of demo@1.2.3: encode must return tokens in 0..255',
    ],
    ['tokenizer', 'encode', [1], [], 'encode must return an Int32Array, returned [1]'],
    ['tokenizer', 'decode', 'text', [], 'decode must return a Uint8Array'],
    ['dataset', 'list', null, [], 'list must give { documents, skipped } as lists, gave null'],
    ['dataset', 'list', { documents: [{ id: 'a' }], skipped: [] }, [], 'list must list documents as'],
    ['dataset', 'list', { documents: [], skipped: [3] }, [], 'list must skip by { id, reason }, gave 3'],
    ['dataset', 'read', 'text', [{ id: 'a', sha256: '' }], 'read must give the bytes of "a"'],
    ['dataset', 'read', Uint8Array.of(1), [{ id: 'a', sha256: '00' }], 'DATA_CHANGED: dataset "a" of demo@1.2.3: read'],
    ['eval', 'measure', { results: { a: { b: Number.NaN } } }, [{}], 'but results.a.b is NaN'],
    ['eval', 'measure', undefined, [{}], 'but results is undefined'],
    ['head', 'objectives', [], [{}], 'objectives must return a list of at least one objective'],
    [
      'head',
      'forward',
      Promise.resolve(),
      [1, { trunk: [] }],
      'forward must return a tensor or { hidden_BTE, carry_BTC } for offset 1',
    ],
    [
      'trunk',
      'forward',
      [1, 2],
      [{}, {}, {}, [1]],
      'forward must return a list of 1 tensors, one per tap, returned a list of 2',
    ],
  ])('%s: %s must not be %j', async (kind, hook, value, args, says) => {
    const needed = fakePlugin(kind, 'a').create({} as never, {}) as object;
    const plugin = made(kind, { ...needed, vocabulary: 256, [hook]: () => value }, { context: { horizon: 2 } });
    expect((await failureOf(() => plugin[hook](...args))).message).toContain(says);
  });

  it.each<[PluginKind, object, string]>([
    ['head', { reads: { taps: [0.5] } }, 'whose reads is { taps: shares of the depth in (0, 1], 1 first'],
    ['head', { memory: 'everything' }, 'whose memory is one of none, per-offset, unrolled, gave "everything"'],
    ['head', { offsets: 7 }, 'whose offsets is a list of integers, gave 7'],
    ['weighting', { needs: 'luck' }, 'whose needs is one of gradient-norms'],
    ['acceptance-rule', { keeps: 'greedy' }, 'whose keeps is a list of greedy and distribution'],
    ['decoder', { drafts: 'yes' }, 'whose drafts is true or false'],
    ['tokenizer', { vocabulary: undefined }, 'whose vocabulary is an integer in 1..2147483647, gave absent'],
    ['tokenizer', { vocabulary: 0 }, 'whose vocabulary is an integer in 1..2147483647, gave 0'],
    ['tokenizer', { vocabulary: 2 ** 31 }, 'whose vocabulary is an integer in 1..2147483647, gave 2147483648'],
    ['tokenizer', { vocabulary: '256' }, 'whose vocabulary is an integer in 1..2147483647, gave "256"'],
  ])('a %s must not declare %j', async (kind, declared, says) => {
    const needed = fakePlugin(kind, 'a').create({} as never, {}) as object;
    const { message } = await failureOf(() => made(kind, { ...needed, ...declared }));
    expect(message).toContain(`PLUGIN_INVALID: ${kind} "a" of demo@1.2.3: create must give an object`);
    expect(message).toContain(says);
  });

  it('is as many weights as there are terms', async () => {
    const weighting = made('weighting', { start: () => null, now: () => [1, 1, 1] });
    weighting.start(['offset-1', 'offset-2']);
    const { message } = await failureOf(() => weighting.now(null));
    expect(message).toContain('WEIGHTS_INVALID: weighting "a" of demo@1.2.3: now must return 2 weights, one per term');
  });

  it('that is refused as a promise is heard all the same when it rejects', async () => {
    const heard: unknown[] = [];
    const listener = (reason: unknown) => heard.push(reason);
    process.on('unhandledRejection', listener);
    const plugin = made('draft-policy', { grow: () => [], learn: async () => fail('late') });
    await failureOf(() => plugin.learn({}));
    await new Promise(setImmediate);
    process.off('unhandledRejection', listener);
    expect(heard).toEqual([]);
  });

  it('may be as it is where a suite judges it', () => {
    const create = () => ({ start: () => undefined, now: () => [Number.NaN] });
    const definition = fakePlugin('weighting', 'a', { create }) as Definition<'weighting'>;
    const guarded = guardDefinition(definition, fakeSource, { values: 'as they are' }) as Definition<'weighting'>;
    expect(guarded.create({ horizon: 1 }, {}).now(null, { step: 0, steps: 1 })).toEqual([Number.NaN]);
  });
});

describe('who looks on', () => {
  const noting = (misdeed?: string) => notingWatch((name) => (name === 'create' ? undefined : misdeed));

  it('sees every hook entered and left, nested ones and those that fail included', async () => {
    const watch = noting();
    const inner = made('weighting', { start: () => fail('x'), now: () => [1] }, { watch });
    const outer = made('eval', { measure: async () => ({ results: { weights: inner.now(1) } }) }, { watch });
    await outer.measure({});
    await failureOf(() => inner.start([]));
    const created = ['> create', '< create', '> create', '< create'];
    const measured = ['> measure', '> now', '< now', '< measure'];
    expect(watch.notes).toEqual([...created, ...measured, '> start', '< start']);
  });

  it('may say what a hook did that none may', async () => {
    const plugin = made('weighting', { start: () => 1, now: () => [1] }, { watch: noting('must not, but did') });
    expect((await failureOf(() => plugin.start([]))).message).toBe(
      'PLUGIN_INVALID: weighting "a" of demo@1.2.3: start must not, but did. Mend it, or report it to the author of demo.',
    );
  });

  it.each<[string, (state: { list: number[]; typed: Int32Array }) => unknown, string]>([
    ['a list', ({ list }) => list.push(1), 'argument 1.list'],
    ['a typed array', ({ typed }) => typed.fill(9), 'argument 1.typed'],
  ])('finds what a hook wrote into: %s', async (_, write, where) => {
    const now = (state: { list: number[]; typed: Int32Array }) => {
      write(state);
      return [1];
    };
    const plugin = made('weighting', { start: () => 1, now }, { watch: noting() });
    const { message } = await failureOf(() => plugin.now({ list: [1], typed: Int32Array.of(1) }));
    expect(message).toContain(`now must leave its inputs as they are, but wrote to ${where}`);
  });
});

const session = { vocabulary: 8 };
const emission = (prompt: number) => ({ prompt, tokens: Int32Array.of(1), proposed: [], accepted: 0 });

function fail(reason: unknown): never {
  throw typeof reason === 'string' ? new Error(reason) : reason;
}
