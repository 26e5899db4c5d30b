import type { Experiment, Json } from '@foretoken/core';
import { expect, it } from 'vitest';
import { differenceLabels, differences } from './differences.ts';

const experiment = (parts: { readonly [key: string]: Json }) =>
  ({ name: 'x', seed: 1, ...parts }) as unknown as Experiment;

it('names and seeds are no differences, nor is the order of keys', () => {
  expect(
    differences(experiment({ a: { b: 1, c: [2] } }), { ...experiment({ a: { c: [2], b: 1 } }), name: 'y', seed: 2 }),
  ).toEqual([]);
});

it('plugins of one name are looked into, others are one difference; lists are compared whole', () => {
  const baseline = experiment({ head: { name: 'a', rank: 1 }, trunk: { name: 't' }, evals: [1, 2] });
  const arm = experiment({ head: { name: 'a', rank: 2 }, trunk: { name: 'u', width: 3 }, evals: [1, 3], extra: null });
  expect(differences(baseline, arm)).toEqual([
    { path: 'head.rank', baseline: 1, arm: 2 },
    { path: 'trunk', baseline: { name: 't' }, arm: { name: 'u', width: 3 } },
    { path: 'evals', baseline: [1, 2], arm: [1, 3] },
    { path: 'extra', arm: null },
  ]);
});

it('labels tell apart what differs, and leave out what follows from the number of steps', () => {
  const labels = differenceLabels([
    [
      { path: 'model.head.rank', baseline: 1, arm: 2 },
      { path: 'training.steps', baseline: 1, arm: 2 },
      { path: 'training.warmupSteps', baseline: 1, arm: 2 },
    ],
    [
      { path: 'other.rank', baseline: 1, arm: 3 },
      { path: 'training.warmupSteps', baseline: 1, arm: 2 },
    ],
    [
      { path: 'decoders.a', arm: { name: 'd', level: 1 } },
      { path: 'decoders.b', arm: 1 },
      { path: 'decoders.c', baseline: 1 },
    ],
    [
      { path: 'decoders.a', arm: { name: 'd', level: 2 } },
      { path: 'decoders.b', arm: 1 },
    ],
  ]);
  expect(labels).toEqual([
    ['head.rank=2', 'steps=2'],
    ['other.rank=3', 'warmupSteps=2'],
    ['+a=d(level=1)', '+decoders.b', '-decoders.c'],
    ['+a=d(level=2)', '+decoders.b'],
  ]);
});
