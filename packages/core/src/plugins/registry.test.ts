import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import type { Definition } from './define.ts';
import { fakePlugin, fakeSource } from './plugin.fixture.ts';
import { createRegistry, type Registry } from './registry.ts';

function registryWith(...definitions: Definition[]): Registry {
  const registry = createRegistry();
  for (const definition of definitions) registry.register(definition, fakeSource);
  return registry;
}

const MEND = 'Mend the plugin, or report it to its author.';

const messageOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
};

describe('the registry', () => {
  test('gives a plugin back by kind and name', () => {
    const registry = registryWith(fakePlugin('head', 'linear'), fakePlugin('trunk', 'linear'));
    expect(registry.get('head', 'linear').kind).toBe('head');
    expect(registry.get('trunk', 'linear').kind).toBe('trunk');
    expect(registry.has('head', 'linear')).toBe(true);
    expect(registry.has('eval', 'linear')).toBe(false);
    expect(registry.source('head', 'linear')).toEqual(fakeSource);
  });

  test('lists by kind, then by name, with the schema of the options', () => {
    const options = Type.Object({ rank: Type.Integer({ default: 8 }) });
    const registry = registryWith(
      fakePlugin('eval', 'b'),
      fakePlugin('head', 'z', { options, description: 'Low rank.' }),
      fakePlugin('eval', 'a'),
      fakePlugin('head', 'c'),
    );
    const names = registry.list().map(({ kind, name }) => `${kind} ${name}`);
    expect(names).toEqual(['head c', 'head z', 'eval a', 'eval b']);
    expect(registry.list()[1]).toEqual({
      kind: 'head',
      name: 'z',
      package: 'demo',
      version: '1.2.3',
      api: 1,
      options: {
        description: 'Low rank.',
        type: 'object',
        required: ['rank'],
        properties: { rank: { type: 'integer', default: 8 } },
        additionalProperties: false,
      },
    });
  });

  test('an unknown name says what was probably meant and what there is', () => {
    const registry = registryWith(fakePlugin('head', 'parallel'), fakePlugin('head', 'medusa'));
    expect(messageOf(() => registry.get('head', 'medusaa'))).toBe(
      'PLUGIN_UNKNOWN: no head "medusaa". Did you mean "medusa"? Registered heads: medusa, parallel.',
    );
    expect(messageOf(() => registry.get('draft-policy', 'x'))).toBe(
      'PLUGIN_UNKNOWN: no draft-policy "x". Registered draft policies: none.',
    );
    expect(messageOf(() => registry.get('head', 'toString'))).toContain('PLUGIN_UNKNOWN');
  });

  test('two plugins of one kind and name are an error that names both packages', () => {
    const registry = registryWith(fakePlugin('head', 'linear'));
    const other = { package: '@acme/heads', version: '0.1.0', api: 1, directory: '/heads' };
    expect(messageOf(() => registry.register(fakePlugin('head', 'linear'), other))).toBe(
      'PLUGIN_DUPLICATE: head "linear" is provided by both demo@1.2.3 and @acme/heads@0.1.0. ' +
        'Remove one of the two packages from `plugins`.',
    );
  });

  test('the very same definition may come twice from its package, not from another', () => {
    const linear = fakePlugin('head', 'linear');
    const registry = registryWith(linear, linear);
    expect(registry.names('head')).toEqual(['linear']);
    expect(() => registry.register(linear, { ...fakeSource, package: 'other' })).toThrow('PLUGIN_DUPLICATE');
  });

  test('what is added to an extension does not show in what it extends', () => {
    const registry = registryWith(fakePlugin('head', 'linear'));
    const extended = registry.extend();
    extended.register(fakePlugin('head', 'medusa'), fakeSource);
    expect(extended.names('head')).toEqual(['linear', 'medusa']);
    expect(registry.names('head')).toEqual(['linear']);
  });

  test.each<[string, unknown, string]>([
    [
      'is nothing',
      undefined,
      `PLUGIN_INVALID: a plugin of demo@1.2.3: must be what a define... function returns, was absent. ${MEND}`,
    ],
    [
      'has no kind',
      { name: 'a', api: 1 },
      `PLUGIN_INVALID: a plugin of demo@1.2.3: kind must be one of trunk, head, weighting, horizon-schedule, decoder, acceptance-rule, draft-policy, eval, tokenizer, dataset, was absent. ${MEND}`,
    ],
    [
      'mistypes its kind',
      { kind: 'haed', name: 'a', api: 1 },
      'PLUGIN_INVALID: a plugin of demo@1.2.3: kind must be one of trunk, head, weighting, horizon-schedule, decoder, acceptance-rule, draft-policy, eval, tokenizer, dataset, was "haed". Did you mean "head"?',
    ],
    [
      'has capitals in its name',
      fakePlugin('head', 'Linear'),
      `PLUGIN_INVALID: a head of demo@1.2.3: name must be lower-case words joined by "-", at most 64 characters, was "Linear". ${MEND}`,
    ],
    [
      'has a path for a name',
      fakePlugin('head', '../x'),
      `PLUGIN_INVALID: a head of demo@1.2.3: name must be lower-case words joined by "-", at most 64 characters, was "../x". ${MEND}`,
    ],
    [
      'has a newline in its name',
      fakePlugin('head', 'a\n'),
      `PLUGIN_INVALID: a head of demo@1.2.3: name must be lower-case words joined by "-", at most 64 characters, was "a\\n". ${MEND}`,
    ],
    [
      'has a long name',
      fakePlugin('head', 'a'.repeat(65)),
      `PLUGIN_INVALID: a head of demo@1.2.3: name must be lower-case words joined by "-", at most 64 characters, was "${'a'.repeat(56)}... ${MEND}`,
    ],
    [
      'is for a later API',
      fakePlugin('head', 'a', { api: 2 }),
      'PLUGIN_API: head "a" of demo@1.2.3 is written for plugin API 2; this Foretoken has plugin API 1. Install a release of demo for plugin API 1 ("npm view demo versions" lists them), or a release of Foretoken with plugin API 2.',
    ],
    [
      'has no API',
      fakePlugin('head', 'a', { api: undefined }),
      `PLUGIN_INVALID: head "a" of demo@1.2.3: api must be 1, was absent. ${MEND}`,
    ],
    [
      'has no create',
      fakePlugin('head', 'a', { create: 3 }),
      `PLUGIN_INVALID: head "a" of demo@1.2.3: create must be a function, was 3. ${MEND}`,
    ],
    [
      'has no shape',
      fakePlugin('trunk', 'a', { shape: undefined }),
      `PLUGIN_INVALID: trunk "a" of demo@1.2.3: shape must be a function, was absent. ${MEND}`,
    ],
    [
      'has half a block',
      fakePlugin('head', 'a', { blocksPerOffset: 0.5 }),
      `PLUGIN_INVALID: head "a" of demo@1.2.3: blocksPerOffset must be an integer >= 0 or a function, was 0.5. ${MEND}`,
    ],
    [
      'is not sure whether it brings readouts',
      fakePlugin('head', 'a', { ownReadout: 'yes' }),
      `PLUGIN_INVALID: head "a" of demo@1.2.3: ownReadout must be true, false or a function, was "yes". ${MEND}`,
    ],
    [
      'is not sure whether it runs alone',
      fakePlugin('eval', 'a', { alone: 'often' }),
      `PLUGIN_INVALID: eval "a" of demo@1.2.3: alone must be one of true, false, "timed-drafts", was "often". ${MEND}`,
    ],
    [
      'is not sure whether it looks at a clock',
      fakePlugin('draft-policy', 'a', { isTimed: 1 }),
      `PLUGIN_INVALID: draft-policy "a" of demo@1.2.3: isTimed must be one of true, false, was 1. ${MEND}`,
    ],
    [
      'describes itself by a number',
      fakePlugin('head', 'a', { description: 1 }),
      `PLUGIN_INVALID: head "a" of demo@1.2.3: description must be a string, was 1. ${MEND}`,
    ],
    [
      'has a broken schema',
      fakePlugin('head', 'a', { options: { type: 'object', minimun: 1 } }),
      `PLUGIN_INVALID: head "a" of demo@1.2.3: strict mode: unknown keyword: "minimun". ${MEND}`,
    ],
  ])('a definition that %s is refused', (_, definition, message) => {
    const registry = createRegistry();
    expect(messageOf(() => registry.register(definition as Definition, fakeSource))).toBe(message);
    expect(registry.list()).toEqual([]);
  });
});

test('a schema that waits until it is used is refused then, by the same words', () => {
  const broken = fakePlugin('head', 'a', { options: { type: 'object', minimun: 1 } });
  const registry = createRegistry();
  registry.register(broken, fakeSource, 'when used');
  const message =
    'PLUGIN_INVALID: head "a" of demo@1.2.3: strict mode: unknown keyword: "minimun". Mend the plugin, or report it to its author.';
  expect(messageOf(() => registry.inspectOptions('head', { name: 'a' }))).toBe(message);
  expect(messageOf(() => registry.checkOptions('head', { name: 'a' }, 'x'))).toBe(message);
});

describe('options of a registered plugin', () => {
  const options = Type.Object({ rank: Type.Integer({ minimum: 1, default: 8 }), scale: Type.Optional(Type.Number()) });
  const registry = registryWith(fakePlugin('head', 'low-rank', { options }));

  test('defaults are filled in; name and the keys of the framework are left out', () => {
    const checked = registry.checkOptions('head', { name: 'low-rank', horizon: 4 }, 'x.yaml:1:1');
    expect(checked).toEqual({ rank: 8 });
    expect(Object.isFrozen(checked)).toBe(true);
  });

  test('every problem is said with who and where', () => {
    const work = () => registry.checkOptions('head', { name: 'low-rank', rank: 0, scael: 1 }, 'ablation.yaml:14:11');
    expect(messageOf(work)).toBe(
      'OPTIONS_INVALID: head "low-rank": ' +
        'scael is not a known key. Did you mean "scale"? Known keys: rank, scale (ablation.yaml:14:11). ' +
        'rank must be >= 1, was 0 (ablation.yaml:14:11).',
    );
  });

  test('an unknown plugin is named before its options', () => {
    expect(() => registry.checkOptions('head', { name: 'lowrank' }, 'x')).toThrow('PLUGIN_UNKNOWN');
  });
});
