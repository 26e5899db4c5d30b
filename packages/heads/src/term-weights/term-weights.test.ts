import { describe, expect, test } from 'vitest';
import { listed, startTerms, weighTerms } from './term-weights.ts';

test('the last weight of a list holds for all further offsets; what is past the horizon is not used', () => {
  expect([1, 2, 3, 4].map((offset) => listed([1, 0.5], offset))).toEqual([1, 0.5, 0.5, 0.5]);
  expect(listed([1, 0.5, 0.25], 1)).toBe(1);
});

describe('terms', () => {
  const terms = ['offset-1', 'offset-3', 'offset-12', 'feature', 'offset-x', 'constructor'];

  test('are weighed by the offset that they are called after, gaps included, and weigh 1 without one', () => {
    expect(weighTerms(terms, {}, (offset) => offset * 10)).toEqual([10, 30, 120, 1, 1, 1]);
  });

  test('are weighed by name first', () => {
    expect(weighTerms(terms, { feature: 0.1, 'offset-3': 7 }, (offset) => offset)).toEqual([1, 7, 12, 0.1, 1, 1]);
  });

  test('that are named and not there are refused, with those that are', () => {
    expect(() => startTerms('decay', ['offset-1', 'order'], { feature: 1 })).toThrow(
      /OPTIONS_INVALID: weighting "decay": terms names "feature", and this head's loss terms are offset-1, order/,
    );
    expect(startTerms('decay', ['offset-1', 'order'], { order: 1 })).toEqual(['offset-1', 'order']);
  });
});
