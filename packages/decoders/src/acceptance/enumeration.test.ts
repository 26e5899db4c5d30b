// Joint distributions of what comes out, enumerated: all drafts, and all that the rule can do with each.

import {
  afterAllSteps,
  afterOneStep,
  ancestral,
  append,
  firstText,
  randomTables,
  type Setting,
  tokensOf,
} from '@foretoken/core/testing';
import { describe, expect, test } from 'vitest';
import rejection from '../rejection/rejection.ts';
import { assembled, BIASED } from './biased-rules.fixture.ts';
import { largestGap } from './chi-square.fixture.ts';
import { CHAIN, LENGTH, TABLES, TREE } from './sampled-setting.fixture.ts';
import { levels, regular, SETTINGS } from './settings.fixture.ts';

const rule = rejection.create({}, {});

describe('texts as numbers', () => {
  test('are told apart and read back', () => {
    expect(tokensOf(append(append(append(0, 2, 3), 0, 3), 1, 3), 3)).toEqual([2, 0, 1]);
    expect([0, 1, 2, 3].map((length) => firstText(length, 3))).toEqual([0, 1, 4, 13]);
  });

  test('plain sampling by hand: 1/4 and 3/4, then what comes after each', () => {
    const tables = {
      vocabulary: 2,
      state: (text: number) => text,
      p: (text: number) =>
        [
          [0.25, 0.75],
          [0.5, 0.5],
          [1, 0],
        ].map((p) => Float64Array.from(p))[text],
      q: () => new Float64Array(2),
    };
    expect([...ancestral(tables, 2)]).toEqual([0.125, 0.125, 0.75, 0]);
  });
});

describe('rejection gives the distribution of plain sampling, to 1e-12', () => {
  test.each(SETTINGS.map((one) => [one.name, one] as const))('%s', (_, { shape, vocabulary }) => {
    const length = levels(shape) + 1;
    for (const [seed, zeros] of [
      [1, 0],
      [2, 0.35],
    ]) {
      const tables = randomTables(vocabulary, seed, { zeros, support: Math.min(3, vocabulary) });
      expect(gap({ tables, shape, rule }, length)).toBeLessThan(1e-12);
    }
  });

  test('over several steps, each with a draft of its own', () => {
    for (const shape of [CHAIN, TREE]) {
      expect(largestGap(afterAllSteps({ tables: TABLES, shape, rule }, 4), ancestral(TABLES, 4))).toBeLessThan(1e-12);
    }
  });

  test('where the head says the very same as the model', () => {
    const tables = randomTables(3, 4);
    const same = { ...tables, q: tables.p };
    for (const how of ['drawn', 'redrawn', 'chosen'] as const) {
      expect(gap({ tables: same, shape: regular([2, 2], how), rule }, 3)).toBeLessThan(1e-12);
    }
  });

  test('where model and head have no token in common', () => {
    const [p, q] = [Float64Array.of(0.3, 0.7, 0, 0), Float64Array.of(0, 0, 0.4, 0.6)];
    const apart = { ...randomTables(4, 1), p: () => p, q: () => q };
    for (const how of ['drawn', 'redrawn', 'chosen'] as const) {
      expect(gap({ tables: apart, shape: regular([2, 2], how), rule }, 3)).toBeLessThan(1e-12);
    }
  });

  test('as a second writing of the rule does, from which the wrong ones are made', () => {
    for (const shape of [CHAIN, TREE]) {
      expect(gap({ tables: TABLES, shape, rule: assembled() }, LENGTH)).toBeLessThan(1e-12);
    }
  });
});

describe('a sampler that is wrong is seen', () => {
  test.each(BIASED.map((one) => [one.what, one] as const))('one that %s', (_, { rule: wrong, siblings }) => {
    for (const shape of siblings ? [TREE] : [CHAIN, TREE]) {
      expect(gap({ tables: TABLES, shape, rule: wrong }, LENGTH)).toBeGreaterThan(1e-4);
    }
  });
});

function gap(setting: Setting, length: number): number {
  return largestGap(afterOneStep(setting, length), ancestral(setting.tables, length));
}
