import { Ajv2020 } from 'ajv/dist/2020.js';
import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import type { Json } from '../contracts/json.ts';
import { compileSchema } from '../plugins/options-schema.ts';
import { fakePlugin, fakeSource } from '../plugins/plugin.fixture.ts';
import { fakeBuiltIns } from './built-ins.fixture.ts';
import { describeOptions, experimentJsonSchema } from './json-schema.ts';
import { inspectExperiment } from './resolve.ts';
import { experimentSchema, formOfReference } from './schema.ts';
import { parseSource } from './source-map.ts';

const registry = fakeBuiltIns();
// Refers to itself, and to its own definitions.
const tree = {
  type: 'object',
  properties: { branch: { $ref: '#/$defs/node', description: 'A tree.' } },
  $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' }, whole: { $ref: '#' } } } },
};
registry.register(fakePlugin('head', 'tree', { options: tree }), fakeSource);
const schema = experimentJsonSchema(registry);
const validate = new Ajv2020({ strict: true, allErrors: true, logger: false }).compile(schema);

describe('the schema for editors', () => {
  test('is plain JSON of the 2020-12 dialect', () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  });

  test.each([
    ['data: { dataset: none }'],
    ['data: { dataset: { name: text-files, include: [a] } }'],
    ['data: { dataset: none }\nmodel: { head: { horizon: 2 }, trunk: { width: 3 } }'],
    ['data: { dataset: none }\nmodel: { head: { name: low-rank, rank: 3, horizon: 2 } }'],
    ['data: { dataset: none }\nmodel: { head: { name: tree, branch: { next: { next: {} } } } }'],
    ['data: { dataset: none }\nmodel: { head: { name: tree, branch: { next: { nxt: {} } } } }'],
    ['data: { dataset: none }\nmodel: { head: { name: tree, branch: { whole: { branch: {} } } } }'],
    ['data: { dataset: none }\nmodel: { head: { name: tree, branch: { whole: { name: tree } } } }'],
    ['data: { dataset: none }\nengine: cpu\nplugins: [a]\nevals: [throughput, { name: acceptance }]'],
    ['data: { dataset: none }\nengine: { precision: bfloat16 }'],
    ['data: { dataset: none }\nengine: { name: cpu, precision: float16 }'],
    [
      'data: { dataset: none }\ndecoders: { a: greedy, b: { name: speculative, policy: { name: confidence, threshold: 1 } } }',
    ],
    ['data: { dataset: none }\ndecoders: { a: { name: speculative, policy: confidence } }'],
    ['data: { dataset: none }\ndecoders: { "a/b": greedy }'],
    ['data: { dataset: text-files }'],
    ['data: { dataset: nome }'],
    ['data: { dataset: { include: [a] } }'],
    ['data: { dataset: none }\nmodel: { head: { name: low-rank, rank: 0 } }'],
    ['data: { dataset: none }\nmodel: { head: { name: low-rank, rnak: 1 } }'],
    ['data: { dataset: none }\nmodel: { head: { name: low-rank, horizon: 0 } }'],
    ['data: { dataset: none }\nmodel: { readout: both }'],
    ['data: { dataset: none }\ntraining: { steps: 0.5 }'],
    ['data: { dataset: none }\ntraining: { groups: { trunk: { rate: 0 }, head: { start: 3 } } }'],
    ['data: { dataset: none }\ntraining: { groups: { trunk: { rate: -1 } } }'],
    ['data: { dataset: none }\ntraining: { groups: { embedding: { rate: 0 } } }'],
    ['data: { dataset: none }\ntraining: { groups: { head: { start: 0.5 } } }'],
    ['data: { dataset: none }\ntraining: { distil: {} }'],
    ['data: { dataset: none }\ntraining: { distil: { loss: lk, share: 1 } }'],
    ['data: { dataset: none }\ntraining: { distil: { loss: js } }'],
    ['data: { dataset: none }\ntraining: { distil: { share: 1.5 } }'],
    ['data: { dataset: none }\nmodel: { base: {} }'],
    ['data: { dataset: none }\nmodel: { base: { run: "" } }'],
    ['data: { dataset: none }\nmodel: { base: { run: a, steps: 1 } }'],
    ['seed: 1'],
    ['[]'],
  ])('takes exactly what is taken when it is read: %s', (text) => {
    const source = parseSource(text, 'x.yaml');
    const { problems } = inspectExperiment(source, registry);
    expect(validate(source.value as Json)).toBe(problems.length === 0);
  });

  test('offers the names of every kind, and each option with its default', () => {
    const { model } = schema.properties as { model: { properties: { head: Json } } };
    expect(model.properties.head).toEqual({
      anyOf: [
        { type: 'string', enum: ['linear', 'low-rank', 'parallel', 'tree'] },
        { $ref: '#/$defs/head.linear' },
        { $ref: '#/$defs/head.low-rank' },
        { $ref: '#/$defs/head.parallel' },
        { $ref: '#/$defs/head.tree' },
      ],
    });
    expect((schema.$defs as Record<string, Json>)['head.low-rank']).toMatchObject({
      description: 'A head.',
      properties: { name: { const: 'low-rank' }, rank: { type: 'integer', minimum: 1, default: 8 } },
      required: ['name'],
    });
  });
});

test('the options of a plugin are described as rows of a table', () => {
  const options = Type.Object({
    rank: Type.Integer({ minimum: 1, maximum: 9, default: 8, description: 'Rank.' }),
    mode: Type.Optional(Type.Union([Type.Literal('a'), Type.Null()])),
    rate: Type.Optional(Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 })),
    kind: Type.Optional(Type.Unsafe({ enum: ['x', 2] })),
    any: Type.Optional(Type.Unsafe({})),
  });
  expect(describeOptions({ options: JSON.parse(JSON.stringify(options)) })).toEqual([
    { name: 'rank', type: 'integer >= 1, <= 9', default: 8, description: 'Rank.' },
    { name: 'mode', type: '"a" | null' },
    { name: 'rate', type: 'number > 0, < 1' },
    { name: 'kind', type: '"x" | 2' },
    { name: 'any', type: 'any' },
  ]);
  expect(describeOptions({ options: { type: 'object' } })).toEqual([]);
});

test('the schema of a configuration’s form is one: no run spends time on finding that out', () => {
  expect(() => compileSchema(experimentSchema(formOfReference))).not.toThrow();
});
