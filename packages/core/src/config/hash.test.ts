import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Experiment } from './experiment.ts';
import { canonicalJson, experimentHash, hashJson } from './hash.ts';

/** The same data with every object's keys in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, shuffled(member)]),
  );
}

describe('canonical JSON', () => {
  test('has sorted keys and no spaces', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: 1e-8 })).toBe('{"a":1e-8,"b":[1,{"c":"x","d":null}]}');
  });

  test('does not depend on the order of keys, and is the same data', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('leaves out what is undefined', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [() => 1], [Symbol('x')]])('refuses %s', (value) => {
    expect(() => canonicalJson({ a: [value] })).toThrow(TypeError);
  });

  test('its hash is the SHA-256 of its text', () => {
    const expected = createHash('sha256').update('{"a":1,"b":2}').digest('hex');
    expect(hashJson({ b: 2, a: 1 })).toBe(expected);
  });
});

describe('the hash of an experiment', () => {
  const experiment = (engine: object, seed = 1) => ({ seed, engine, model: {} }) as unknown as Experiment;
  const hash = experimentHash(experiment({ name: 'auto', precision: 'float32' }));

  test('is that of all its settings', () => {
    expect(experimentHash(experiment({ name: 'auto', precision: 'bfloat16' }))).not.toBe(hash);
    expect(experimentHash(experiment({ name: 'auto', precision: 'float32' }, 2))).not.toBe(hash);
  });

  test('leaves out by which name the engine was asked for', () => {
    expect(experimentHash(experiment({ name: 'wasm', precision: 'float32' }))).toBe(hash);
  });
});
