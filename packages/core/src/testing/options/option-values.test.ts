import { Type } from 'typebox';
import { expect, test } from 'vitest';
import type { Json } from '../../contracts/json.ts';
import { otherValues } from './option-values.ts';

const plain = (schema: unknown) => JSON.parse(JSON.stringify(schema)) as Json;

test.each<[string, unknown, Json | undefined, readonly Json[]]>([
  ['a boolean is the other one', Type.Boolean(), true, [false]],
  ['an enumeration is each of its other members', { enum: ['a', 'b', 'c'] }, 'b', ['a', 'c']],
  [
    'a union of literals is each of the others',
    Type.Union([Type.Literal('none'), Type.Literal('full')]),
    'none',
    ['full'],
  ],
  ['an integer is its neighbours, its double, its half', Type.Integer({ minimum: 1 }), 4, [5, 3, 8, 2, 1]],
  ['a number is its half, its double and near it', Type.Number(), 2, [1, 4, 2.1, 1.9]],
  [
    'a literal or a number is the literal or a small number',
    Type.Union([Type.Literal('all'), Type.Integer({ minimum: 1 })]),
    'all',
    [2, 3],
  ],
  ['a list is shorter, longer and reversed', Type.Array(Type.Integer()), [1, 2], [[1], [1, 2, 2], [2, 1]]],
  ['free text is nothing else', Type.String(), 'anything', []],
  ['an integer that is left out is the first within its bounds', Type.Integer({ minimum: 3 }), undefined, [3, 4, 5]],
  [
    'a number that is left out lies between its bounds',
    Type.Number({ minimum: 0, maximum: 1 }),
    undefined,
    [0, 0.25, 0.5],
  ],
  ['a number with an upper bound alone goes up to it', Type.Integer({ maximum: -5 }), undefined, [-7, -6, -5]],
  ['a number without bounds is small', Type.Number(), undefined, [0, 0.5, 1]],
  ['a boolean that is left out is either', Type.Boolean(), undefined, [false, true]],
  ['a list that is left out is short', Type.Array(Type.Integer({ minimum: 0 })), undefined, [[0], [1], [0, 1], [1, 2]]],
  [
    'a list is as long as it must be, and no item comes twice where none may',
    Type.Array(Type.Integer({ minimum: 0, maximum: 9 }), { minItems: 3, maxItems: 3, uniqueItems: true }),
    undefined,
    [
      [0, 1, 2],
      [1, 2, 0],
    ],
  ],
  ['a list of free text is nothing', Type.Array(Type.String()), undefined, []],
  ['free text that is left out is nothing', Type.String(), undefined, []],
  [
    'a literal or a list that is left out is the literal or a short list',
    Type.Union([Type.Literal('all'), Type.Array(Type.Boolean(), { maxItems: 1 })]),
    undefined,
    ['all', [false], [true]],
  ],
  ['a large bound is left alone', Type.Integer({ minimum: 1, maximum: 65_536 }), 8, [9, 7, 16, 4, 1]],
])('%s', (_, schema, value, expected) => {
  expect(otherValues(plain(schema), value)).toEqual(expected);
});
