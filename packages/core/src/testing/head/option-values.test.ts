import { Type } from 'typebox';
import { expect, test } from 'vitest';
import type { Json } from '../../contracts/json.ts';
import { otherValues } from './option-values.ts';

const plain = (schema: unknown) => JSON.parse(JSON.stringify(schema)) as Json;

test.each<[string, unknown, Json, readonly Json[]]>([
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
  ['a large bound is left alone', Type.Integer({ minimum: 1, maximum: 65_536 }), 8, [9, 7, 16, 4, 1]],
])('%s', (_, schema, value, expected) => {
  expect(otherValues(plain(schema), value)).toEqual(expected);
});
