import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import { compileOptions } from './options-schema.ts';

const sentences = (declared: object, options: Record<string, never>): string[] =>
  compileOptions('eval', declared)
    .check(options)
    .problems.map(({ path, sentence }) => `${path.join('.')} ${sentence}`);

/** A list in a list in a list. */
function nested(levels: number): object {
  let schema: object = { type: 'null' };
  for (let i = 0; i < levels; i++) schema = { type: 'array', items: schema };
  return { type: 'object', properties: { a: schema } };
}

/** Each definition is the next one twice: 2^levels checks of one value. */
function doubling(levels: number): object {
  const definitions = Array.from({ length: levels }, (_, i) => {
    const next = { $ref: `#/$defs/d${i + 1}` };
    return [`d${i}`, { allOf: [next, next] }] as const;
  });
  const $defs = { ...Object.fromEntries(definitions), [`d${levels}`]: { type: 'null' } };
  return { type: 'object', properties: { a: { $ref: '#/$defs/d0' } }, $defs };
}

describe('options of a plugin', () => {
  test('defaults are filled in, nested ones too, and the given object is left alone', () => {
    const { check } = compileOptions(
      'eval',
      Type.Object({
        rank: Type.Integer({ default: 8 }),
        drop: Type.Object({ p: Type.Number({ default: 0.5 }) }, { default: {} }),
        note: Type.Optional(Type.String()),
      }),
    );
    const given = { drop: {} };
    expect(check(given).options).toEqual({ rank: 8, drop: { p: 0.5 } });
    expect(given).toEqual({ drop: {} });
    expect(check({ rank: 2 }).problems).toEqual([]);
  });

  test('a plugin without a schema takes no options', () => {
    const { check, schema } = compileOptions('eval', undefined, 'Measures nothing.');
    expect(check({}).problems).toEqual([]);
    expect(check({ a: 1 }).problems).toHaveLength(1);
    expect(schema).toEqual({
      description: 'Measures nothing.',
      type: 'object',
      properties: {},
      additionalProperties: false,
    });
  });

  test.each<[string, object, object, string[]]>([
    ['at the top', Type.Object({ a: Type.Optional(Type.Null()) }), { b: 1 }, ['b is not a known key. Known keys: a.']],
    [
      'below',
      Type.Object({ a: Type.Object({ b: Type.Null() }) }),
      { a: { b: null, c: 1 } },
      ['a.c is not a known key. Known keys: b.'],
    ],
    [
      'in a list',
      Type.Object({ a: Type.Array(Type.Object({})) }),
      { a: [{ c: 1 }] },
      ['a.0.c is not a known key. No key is known here.'],
    ],
    [
      'in a union',
      Type.Object({ a: Type.Union([Type.Null(), Type.Object({ b: Type.Null() })]) }),
      { a: { b: null, c: 1 } },
      ['a.c is not a known key. Known keys: b.'],
    ],
    [
      'beside a composition',
      { type: 'object', properties: { a: {} }, allOf: [{ properties: { b: {} } }] },
      { a: 1, b: 2, c: 3 },
      ['c is not a known key. Known keys: a.'],
    ],
    [
      'in a definition',
      {
        type: 'object',
        properties: { a: { $ref: '#/$defs/x' } },
        $defs: { x: { type: 'object', properties: {} } },
      },
      { a: { c: 1 } },
      ['a.c is not a known key. No key is known here.'],
    ],
  ])('an unknown key is refused %s', (_, schema, options, expected) => {
    expect(sentences(schema, options as never)).toEqual(expected);
  });

  test('a map of names that the plugin allows stays open', () => {
    expect(
      sentences(Type.Object({ weights: Type.Record(Type.String(), Type.Number()) }), { weights: { any: 1 } } as never),
    ).toEqual([]);
  });

  test.each<[string, unknown, string]>([
    ['is no object', 3, 'options must be a JSON Schema of type "object"'],
    ['is of another type', Type.Array(Type.Null()), 'options must be a JSON Schema of type "object"'],
    [
      'takes the key "name"',
      Type.Object({ name: Type.String() }),
      'options must not define "name", which has a meaning of its own',
    ],
    [
      'takes a key of the framework',
      Type.Object({ horizon: Type.String() }),
      'options must not define "horizon", which has a meaning of its own',
    ],
    [
      'has a key of the prototype',
      { type: 'object', properties: JSON.parse('{"__proto__": {}}') },
      'options must not define "__proto__", which has a meaning of its own',
    ],
    [
      'allows unknown keys',
      Type.Object({}, { additionalProperties: true }),
      'options must not allow unknown keys (additionalProperties)',
    ],
    ['has an unknown keyword', { type: 'object', minimun: 1 }, 'strict mode: unknown keyword: "minimun"'],
    [
      'has a keyword of the wrong type',
      { type: 'object', properties: { a: { type: 'integer', minimum: 'x' } } },
      'schema is invalid: data/properties/a/minimum must be number',
    ],
    [
      'has an unknown format',
      { type: 'object', properties: { a: { type: 'string', format: 'uri' } } },
      'unknown format "uri" ignored in schema at path "#/properties/a"',
    ],
    [
      'refers to another document',
      { type: 'object', properties: { a: { $ref: 'https://example.org/x.json' } } },
      'options refer to https://example.org/x.json; only references inside the schema are read',
    ],
    [
      'has an identity',
      { type: 'object', $id: 'x' },
      'options use $id; definitions are named by their path, as in "#/$defs/x"',
    ],
    [
      'refers to an anchor',
      { type: 'object', properties: { a: { $ref: '#x' } } },
      'options refer to #x; only references inside the schema are read',
    ],
    [
      'refers to nothing',
      { type: 'object', properties: { a: { $ref: '#/$defs/no' } } },
      "can't resolve reference #/$defs/no from id #",
    ],
    [
      'refers to itself for ever',
      { type: 'object', properties: {}, allOf: [{ $ref: '#' }] },
      'options refer to themselves without end ({"type":"object","properties":{},"allOf":[{"$ref":"#"}]}): between a schema and a "$ref" to it must be properties or items',
    ],
    [
      'refers to itself for ever where only some options lead',
      {
        type: 'object',
        properties: { a: { $ref: '#/$defs/x~1y' } },
        $defs: { 'x/y': { anyOf: [{ type: 'null' }, { not: { $ref: '#/$defs/x%2Fy' } }] } },
      },
      'options refer to themselves without end',
    ],
    ['nests without measure', nested(70), 'options must not nest deeper than 64 levels'],
    ['nests beyond all stacks', nested(100_000), 'options must be plain JSON'],
    [
      'is huge',
      Type.Object(Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`a${i}`, Type.Null()]))),
      'options must be a schema of at most 250 objects, was one of 252',
    ],
    ['doubles with every reference', doubling(40), 'options must be at most 2000 objects with every "$ref" followed'],
    [
      'has a default that breaks its rule',
      Type.Object({ rank: Type.Integer({ minimum: 1, default: 0 }) }),
      'options: the default of "rank" must be >= 1, was 0.',
    ],
    [
      'has a default that lacks a key',
      Type.Object({ a: Type.Object({ b: Type.Null() }, { default: {} }) }),
      'options: the default of "a.b" is required.',
    ],
    [
      'has a default where none can be filled in',
      { type: 'object', anyOf: [{ properties: { a: { default: 1 } } }] },
      'strict mode: default is ignored for: data.a',
    ],
    [
      'has more members than there may be, none of them an object',
      { type: 'object', properties: Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`a${i}`, false])) },
      'options must be a schema of at most 4000 values besides its objects, was one of 60001',
    ],
    [
      'has a pattern with look-around',
      Type.Object({ a: Type.String({ pattern: '(?=a)b' }) }),
      'error parsing regexp: invalid or unsupported Perl syntax: `(?=`',
    ],
    [
      'is not data',
      (() => {
        const cycle: Record<string, unknown> = { type: 'object' };
        cycle.self = cycle;
        return cycle;
      })(),
      'options must be plain JSON',
    ],
  ])('a schema that %s is refused', (_, declared, message) => {
    expect(() => compileOptions('head', declared)).toThrow(message);
  });

  test('a schema may refer to itself through what it holds', () => {
    const tree = {
      type: 'object',
      properties: { tree: { $ref: '#/$defs/tree' } },
      $defs: {
        tree: { type: 'object', properties: { left: { $ref: '#/$defs/tree' }, right: { $ref: '#/$defs/tree' } } },
      },
    };
    expect(sentences(tree, { tree: { left: { right: {} } } } as never)).toEqual([]);
    expect(sentences(tree, { tree: { left: { right: 1 } } } as never)).toEqual([
      'tree.left.right must be a mapping, was 1.',
    ]);
  });

  test.each([
    ['deepest', nested(60)],
    ['largest', Type.Object(Object.fromEntries(Array.from({ length: 248 }, (_, i) => [`a${i}`, Type.Null()])))],
    ['most doubled', doubling(7)],
  ])('the %s schema there may be is compiled within a second of computing', (_, schema) => {
    const before = process.cpuUsage();
    compileOptions('eval', schema).check({ a: 1 });
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(1);
  });

  test.each([
    ['(a{1,1000}){1,1000}'],
    ['((((a{1000}){1000}){1000}){1000}'],
    [`${'('.repeat(5000)}${')'.repeat(5000)}`],
  ])('the pattern %.40s is refused within a second of computing: it would not fit into memory', (pattern) => {
    const before = process.cpuUsage();
    expect(() => compileOptions('eval', Type.Object({ a: Type.String({ pattern }) }))).toThrow('error parsing regexp');
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(1);
  });

  test('each pattern of a schema is matched as itself', () => {
    const pattern = (text: string) => Type.Optional(Type.String({ pattern: text }));
    const { check } = compileOptions('eval', Type.Object({ a: pattern('^a+$'), b: pattern('^b+$') }));
    expect(check({ a: 'aa', b: 'bb' }).problems).toEqual([]);
    expect(check({ a: 'ab', b: 'a' }).problems.map(({ path }) => path)).toEqual([['a'], ['b']]);
  });

  test('a reference to another host opens no socket', async () => {
    let requests = 0;
    const server = createServer(() => requests++).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/x.json`;
    const outside = [{ $ref: url }, { $dynamicRef: url }, { properties: { a: { $ref: url } } }, { $schema: url }];
    for (const schema of outside) expect(() => compileOptions('eval', { type: 'object', ...schema })).toThrow();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(requests).toBe(0);
    server.close();
  });

  test.each([['^(a+)+$'], ['^(a|a)*$'], ['^(a|aa)+$'], ['^a*a*a*a*a*a*a*a*$']])(
    'the catastrophic pattern %s is answered within a second of computing',
    (pattern) => {
      const { check } = compileOptions('eval', Type.Object({ a: Type.String({ pattern }) }));
      const before = process.cpuUsage();
      expect(check({ a: `${'a'.repeat(2000)}b` }).problems).toHaveLength(1);
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1e6).toBeLessThan(1);
    },
  );
});
