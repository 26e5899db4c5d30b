import { Type } from 'typebox';
import { expect, test } from 'vitest';
import { compileSchema } from './options-schema.ts';
import { problemsOf } from './problems.ts';

const closed = { additionalProperties: false };

/** Every problem of a value as `path|sentence`. */
function problems(schema: object, value: unknown): string[] {
  const validate = compileSchema(schema);
  validate(value);
  return problemsOf(validate.errors ?? []).map(({ path, sentence }) => `${path.join('.')}|${sentence}`);
}

const choice = Type.Union([
  Type.Literal('fixed'),
  Type.Object({ decay: Type.Number({ exclusiveMinimum: 0 }) }, closed),
]);

test.each<[string, object, unknown, string[]]>([
  ['a wrong type', Type.Integer(), 'x', ['|must be an integer, was "x".']],
  ['a wrong type beside other rules', Type.Integer({ minimum: 1 }), 0.5, ['|must be an integer, was 0.5.']],
  ['infinity', Type.Number(), Number.POSITIVE_INFINITY, ['|must be a finite number, was Infinity.']],
  ['a bound', Type.Integer({ minimum: 1 }), 0, ['|must be >= 1, was 0.']],
  ['an open bound', Type.Number({ exclusiveMaximum: 1 }), 1, ['|must be < 1, was 1.']],
  ['a step', Type.Integer({ multipleOf: 8 }), 12, ['|must be a multiple of 8, was 12.']],
  ['an empty text', Type.String({ minLength: 1 }), '', ['|must not be empty.']],
  ['a short text', Type.String({ minLength: 3 }), 'ab', ['|must have at least 3 characters, was "ab".']],
  ['a long list', Type.Array(Type.Integer(), { maxItems: 1 }), [1, 2], ['|must have at most 1 entries, was [1,2].']],
  [
    'a repeated entry',
    Type.Array(Type.Integer(), { uniqueItems: true }),
    [4, 5, 4],
    ['|must not repeat an entry; entries 0 and 2 are the same.'],
  ],
  ['a pattern', Type.String({ pattern: '^a+$' }), 'b', ['|must match ^a+$, was "b".']],
  ['a pattern in words', Type.String({ pattern: '^a+$', description: 'all a' }), 'b', ['|must be all a, was "b".']],
  ['a constant', Type.Literal(1), 2, ['|must be 1, was 2.']],
  [
    'a choice',
    Type.Unsafe({ type: 'string', enum: ['shared', 'replicated'] }),
    'sharde',
    ['|must be one of "shared", "replicated", was "sharde". Did you mean "shared"?'],
  ],
  ['a missing key', Type.Object({ a: Type.Object({ b: Type.Integer() }) }), { a: {} }, ['a.b|is required.']],
  [
    'unknown keys, all of them',
    Type.Object({ rank: Type.Optional(Type.Integer()), bias: Type.Optional(Type.Boolean()) }, closed),
    { rnak: 1, zz: 2 },
    [
      'rnak|is not a known key. Did you mean "rank"? Known keys: bias, rank.',
      'zz|is not a known key. Known keys: bias, rank.',
    ],
  ],
  ['a key where there are none', Type.Object({}, closed), { a: 1 }, ['a|is not a known key. No key is known here.']],
  ['a key with a slash', Type.Object({}, closed), { 'a/b~c': 1 }, ['a/b~c|is not a known key. No key is known here.']],
  [
    'entries of a list',
    Type.Array(Type.Integer()),
    [1, 'x', null],
    ['1|must be an integer, was "x".', '2|must be an integer, was null.'],
  ],
  [
    'a union of constants',
    Type.Union([Type.Literal('up'), Type.Literal('down')]),
    'upp',
    ['|must be one of "up", "down", was "upp". Did you mean "up"?'],
  ],
  ['a mistyped word in a union', choice, 'fixde', ['|must be "fixed", was "fixde". Did you mean "fixed"?']],
  ['a union that no branch fits', choice, 3, ['|must be "fixed" or a mapping, was 3.']],
  ['a union whose meant branch is clear', choice, { decay: 0 }, ['decay|must be > 0, was 0.']],
  [
    'a union whose meant branch has an unknown key',
    choice,
    { decay: 1, x: 1 },
    ['x|is not a known key. Known keys: decay.'],
  ],
  [
    'a union inside a union',
    Type.Object({ a: Type.Union([choice, Type.Null()]) }),
    { a: { decay: -1 } },
    ['a.decay|must be > 0, was -1.'],
  ],
  [
    'a condition',
    {
      type: 'object',
      properties: { a: { type: 'integer' } },
      if: { properties: { a: { const: 1 } }, required: ['a'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: ['b'], properties: { b: {} } },
    },
    { a: 1 },
    ['b|is required.'],
  ],
  [
    'a rule stated twice',
    { type: 'object', properties: {}, allOf: [{ maxProperties: 0 }, { maxProperties: 0 }] },
    { a: 1 },
    ['|must have at most 0 keys, was {"a":1}.'],
  ],
  [
    'a value below a key with a slash',
    Type.Object({ 'a/b~c': Type.Integer() }),
    { 'a/b~c': 'x' },
    ['a/b~c|must be an integer, was "x".'],
  ],
  ['a long value', Type.Integer(), 'y'.repeat(200), [`|must be an integer, was "${'y'.repeat(56)}....`]],
])('%s is said in one sentence per mistake', (_, schema, value, expected) => {
  expect(problems(schema, value)).toEqual(expected);
});

test('a value that fits has no problem', () => {
  expect(problems(choice, 'fixed')).toEqual([]);
});
