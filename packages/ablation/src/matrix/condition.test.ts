import type { Json } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import { type ArmView, listed, matches, whyNone } from './condition.ts';

const experiment = {
  model: { head: { name: 'low-rank', rank: 8 }, trunk: { layers: [1, 2] } },
  training: { batch: 8, clip: null },
};
const view = (of: Json | undefined = experiment, names: ArmView['names'] = {}): ArmView => ({ experiment: of, names });

describe('a condition', () => {
  it.each<[string, Json, boolean]>([
    ['training.batch', 8, true],
    ['training.batch', 9, false],
    ['training.batch', '8', false],
    ['training.batch', [9, 8], true],
    ['training.batch', [9, 7], false],
    ['training.batch', [], false],
    ['training.clip', null, true],
    ['training.clip', 0, false],
    ['training.other', null, false],
    ['training.batch.deep', 8, false],
    ['model.head', 'low-rank', true],
    ['model.head', 'linear', false],
    ['model.head', { name: 'low-rank' }, true],
    ['model.head', { rank: 8 }, true],
    ['model.head', { rank: [8] }, false],
    ['model.head', { rank: 8, depth: 1 }, false],
    ['model.head', {}, true],
    ['model.head', ['linear', { rank: 8 }], true],
    ['training', 'low-rank', false],
    ['training', { batch: { deep: 1 } }, false],
    ['training', {}, true],
    ['training.batch', {}, false],
    ['training.clip', {}, false],
    ['model', { head: 'low-rank' }, true],
    ['model.trunk.layers', {}, false],
    ['model.trunk.layers', [[1, 2]], true],
    ['model.trunk.layers', [[2, 1]], false],
  ])('%s: %j fits: %j', (key, wanted, fits) => {
    expect(matches({ [key]: wanted }, view())).toBe(fits);
  });

  it('fits where all of its entries do', () => {
    expect(matches({ 'training.batch': 8, 'model.head': 'low-rank' }, view())).toBe(true);
    expect(matches({ 'training.batch': 8, 'model.head': 'linear' }, view())).toBe(false);
    expect(matches({ 'training.batch': 9, 'model.head': 'low-rank' }, view())).toBe(false);
  });

  it('asks for names before paths, and only for names that there are', () => {
    const named = view({ arm: 'path', size: 'path' }, { arm: 'a' });
    expect([matches({ arm: 'a' }, named), matches({ arm: 'path' }, named)]).toEqual([true, false]);
    expect([matches({ size: 'path' }, named), matches({ toString: 1 }, named)]).toEqual([true, false]);
  });

  it('of an arm that cannot be put together fits by its names alone', () => {
    const broken: ArmView = { experiment: undefined, names: { arm: 'a' } };
    expect([matches({ arm: 'a' }, broken), matches({ 'training.batch': 8 }, broken)]).toEqual([true, false]);
  });
});

describe('why no arm fits', () => {
  const views = [
    view(),
    view({ model: { head: { name: 'linear' } }, training: { batch: 4 } }, { arm: 'big', size: 's' }),
  ];

  it('is the first key that nobody has, with the one that was probably meant', () => {
    expect(whyNone({ 'model.haed': 'linear' }, views)).toBe('no arm has "model.haed". Did you mean "model.head"?');
    expect(whyNone({ 'training.bach': 4 }, views)).toBe('no arm has "training.bach". Did you mean "training.batch"?');
    expect(whyNone({ sise: 's' }, views)).toBe('no arm has "sise". Did you mean "size"?');
    expect(whyNone({ 'quite.another': 1 }, views)).toBe('no arm has "quite.another".');
  });

  it('is the first value that nobody has, with those that there are, each once', () => {
    expect(whyNone({ 'model.head': 'linaer' }, views)).toBe(
      'model.head is never linaer. Did you mean "linear"? It is low-rank, linear.',
    );
    expect(whyNone({ 'training.batch': [1, 2] }, [...views, ...views])).toBe(
      'training.batch is never 1 or 2. It is 8, 4.',
    );
    expect(whyNone({ 'training.batch': 4, 'model.head': { rank: 9 } }, views)).toBe(
      'model.head is never {"rank":9}. It is low-rank(rank=8), linear.',
    );
    // Where not all have it, those that do are heard.
    expect(whyNone({ arm: 'small' }, views)).toBe('arm is never small. It is big.');
  });

  it('is that none has all of them where each is somebody’s', () => {
    expect(whyNone({ 'training.batch': 8, 'model.head': 'linear' }, views)).toBe('no arm has all of these at once.');
  });
});

describe('a list in a message', () => {
  it('names ten at most', () => {
    const labels = Array.from({ length: 12 }, (_, i) => `l${i}`);
    expect(listed(labels.slice(0, 2))).toBe('l0, l1');
    expect(listed(labels.slice(0, 10))).toBe('l0, l1, l2, l3, l4, l5, l6, l7, l8, l9');
    expect(listed(labels)).toBe('l0, l1, l2, l3, l4, l5, l6, l7, l8, l9 and 2 more');
  });
});
