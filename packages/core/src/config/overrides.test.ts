import { describe, expect, test } from 'vitest';
import { applyOverrides } from './overrides.ts';
import { parseSource } from './source-map.ts';

const TEXT = 'model:\n  head: { name: low-rank, rank: 2, horizon: 8 }\n  trunk: transformer\nevals: [a, b]\n';
const source = parseSource(TEXT, 'x.yaml');
const valueAfter = (...overrides: { path: string; value: never }[]): unknown => applyOverrides(source, overrides).value;
const over = (path: string, value: unknown) => ({ path, value: value as never });

describe('overrides', () => {
  test('replace a value, and leave the source as it was', () => {
    expect(valueAfter(over('model.head.rank', 4))).toMatchObject({ model: { head: { rank: 4, horizon: 8 } } });
    expect(source.value).toMatchObject({ model: { head: { rank: 2 } } });
  });

  test('make what is not there', () => {
    expect(valueAfter(over('training.steps', 5))).toMatchObject({ training: { steps: 5 }, evals: ['a', 'b'] });
    expect(applyOverrides(parseSource('', 'x'), [over('a.b', 1)]).value).toEqual({ a: { b: 1 } });
  });

  test('reach into a list by index', () => {
    expect(valueAfter(over('evals.1', { name: 'c' }))).toMatchObject({ evals: ['a', { name: 'c' }] });
  });

  test('give options to a plugin that is a bare name', () => {
    expect(valueAfter(over('model.trunk.width', 32))).toMatchObject({
      model: { trunk: { name: 'transformer', width: 32 } },
    });
  });

  test('replacing the head keeps the horizon, and drops the other head’s options', () => {
    expect(valueAfter(over('model.head', 'linear'))).toMatchObject({ model: { head: { name: 'linear', horizon: 8 } } });
    expect(valueAfter(over('model.head', { name: 'linear', x: 1 }))).toEqual({
      model: { head: { name: 'linear', x: 1, horizon: 8 }, trunk: 'transformer' },
      evals: ['a', 'b'],
    });
    expect(valueAfter(over('model.head', { name: 'linear', horizon: 2 }))).toMatchObject({
      model: { head: { horizon: 2 } },
    });
  });

  test('are applied in order', () => {
    const head = over('model.head', 'linear');
    expect(valueAfter(over('model.head.horizon', 2), head)).toMatchObject({
      model: { head: { name: 'linear', horizon: 2 } },
    });
    expect(valueAfter(head, over('model.head.rank', 3))).toMatchObject({
      model: { head: { name: 'linear', rank: 3 } },
    });
  });

  test('places below an override name it; other places stay', () => {
    const changed = applyOverrides(source, [over('model.head.rank', 0), over('evals.0', 'c')]);
    expect(changed.describe(['model', 'head', 'rank'])).toBe('(override model.head.rank)');
    expect(changed.describe(['evals', 0, 'name'])).toBe('(override evals.0)');
    expect(changed.describe(['model', 'head', 'horizon'])).toBe('x.yaml:2:45');
    expect(changed.describe(['evals', 1])).toBe('x.yaml:4:12');
    expect(changed.locate(['evals', 0])).toBeUndefined();
  });

  test.each<[string, string, string]>([
    ['an empty path', '', 'an override must be keys joined by dots, such as "model.head.horizon", was "".'],
    [
      'an empty key',
      'model..head',
      'an override must be keys joined by dots, such as "model.head.horizon", was "model..head".',
    ],
    [
      'a key of the prototype',
      'model.__proto__.x',
      'an override must be keys joined by dots, such as "model.head.horizon", was "model.__proto__.x".',
    ],
    [
      'an index that is not there',
      'evals.2',
      '(override evals.2) evals: cannot go further; the list there has entries 0 to 1.',
    ],
    [
      'a key of a list',
      'evals.first',
      '(override evals.first) evals: cannot go further; the list there has entries 0 to 1.',
    ],
    [
      'a key of a number',
      'model.head.rank.x',
      '(override model.head.rank.x) model.head.rank: cannot go further; 2 stands there.',
    ],
  ])('%s is refused', (_, path, message) => {
    expect(() => valueAfter(over(path, 1))).toThrow(`CONFIG_INVALID: ${message}`);
  });
});
