import { ForetokenError, isForetokenError } from '@foretoken/engine/errors';
import { expect, test } from 'vitest';
import { type Definition, PLUGIN_KINDS } from './define.ts';
import { guardDefinition } from './guard.ts';
import { fakePlugin, fakeSource } from './plugin.fixture.ts';

const head = (changes: object): Definition<'head'> =>
  guardDefinition(fakePlugin('head', 'low-rank', changes), fakeSource) as Definition<'head'>;

const thrownBy = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

test('what create throws becomes PLUGIN_FAILED with kind, name, package and cause', () => {
  const cause = new TypeError('rank is undefined');
  const guarded = head({
    create: () => {
      throw cause;
    },
  });
  const error = thrownBy(() => guarded.create({} as never, {})) as ForetokenError;
  expect(isForetokenError(error)).toBe(true);
  expect(error.message).toBe(
    'PLUGIN_FAILED: head "low-rank" of demo@1.2.3: create threw "rank is undefined". ' +
      'Check its options; if they are right, report it to the author of demo.',
  );
  expect(error.cause).toBe(cause);
});

test('an error that has a code already passes unchanged', () => {
  const own = new ForetokenError('SHAPE_MISMATCH', 'head "low-rank": width must be even, was 3.');
  const guarded = head({
    create: () => {
      throw own;
    },
  });
  expect(thrownBy(() => guarded.create({} as never, {}))).toBe(own);
});

test('a thrown value that is no error is said too', () => {
  const guarded = head({
    create: () => {
      throw 'no';
    },
  });
  expect(() => guarded.create({} as never, {})).toThrow('create threw "no"');
});

test.each([...PLUGIN_KINDS])('create of a %s must return an object with the methods of its kind', (kind) => {
  expect(guardDefinition(fakePlugin(kind, 'a'), fakeSource).create({} as never, {})).toBeTypeOf('object');
  for (const made of [undefined, null, 3, {}, Promise.resolve({})]) {
    const guarded = guardDefinition(fakePlugin(kind, 'a', { create: () => made }), fakeSource);
    expect(() => guarded.create({} as never, {})).toThrow(
      `PLUGIN_INVALID: ${kind} "a" of demo@1.2.3: create must return`,
    );
  }
});

test('the sizes that a trunk or head computes from its options are guarded as well', () => {
  const boom = () => {
    throw new Error('boom');
  };
  const trunk = guardDefinition(fakePlugin('trunk', 't', { shape: boom }), fakeSource) as Definition<'trunk'>;
  expect(() => trunk.shape({})).toThrow('PLUGIN_FAILED: trunk "t" of demo@1.2.3: shape threw "boom"');
  const blocks = head({ blocksPerOffset: boom }).blocksPerOffset as () => number;
  expect(() => blocks()).toThrow('PLUGIN_FAILED: head "low-rank" of demo@1.2.3: blocksPerOffset threw "boom"');
  expect(head({ blocksPerOffset: 2 }).blocksPerOffset).toBe(2);
  const readout = head({ ownReadout: boom }).ownReadout as () => boolean;
  expect(() => readout()).toThrow('PLUGIN_FAILED: head "low-rank" of demo@1.2.3: ownReadout threw "boom"');
});

test('a definition that uses `this` still reaches itself', () => {
  const guarded = head({
    width: 3,
    create(this: { width: number }) {
      return { forward: () => undefined, width: this.width };
    },
  });
  expect(guarded.create({} as never, {})).toMatchObject({ width: 3 });
});

test('a draft policy that looks at a clock is declared: an ablation has to know before any is created', () => {
  const create = () => ({ isTimed: true, grow: () => [] });
  const made = (changes: object) =>
    guardDefinition(fakePlugin('draft-policy', 'a', { create, ...changes }), fakeSource).create({} as never, {});
  expect(() => made({})).toThrow('PLUGIN_INVALID: draft-policy "a" of demo@1.2.3: its policy is timed (isTimed)');
  expect(made({ isTimed: true })).toMatchObject({ isTimed: true });
});
