import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { folderWith } from '../plan/planning.fixture.ts';
import type { PlanRecord } from '../results/write-results.ts';
import { ablationPaths } from '../run/ablation-store.ts';
import { readLearningCurves } from './learning-curves.ts';

/** Nats of this many bits. */
const bits = (value: number) => value * Math.LN2;

async function curvesOf(
  runs: Readonly<Record<string, readonly object[]>>,
  arms: Readonly<Record<string, readonly string[]>>,
  shown?: readonly string[],
) {
  const paths = ablationPaths(await folderWith({}));
  for (const [key, rows] of Object.entries(runs)) {
    await mkdir(paths.training(key), { recursive: true });
    await writeFile(
      path.join(paths.training(key), 'metrics.jsonl'),
      rows.map((row) => `${JSON.stringify({ formatVersion: 2, ...row })}\n`).join(''),
    );
  }
  const cells = Object.entries(arms).flatMap(([arm, keys]) => keys.map((trainingKey) => ({ arm, trainingKey })));
  return readLearningCurves(paths, { arms: Object.keys(arms), cells } as unknown as PlanRecord, shown);
}

test('curves are of offset 1, in bits, averaged over the seeds of an arm', async () => {
  const { training, validation } = await curvesOf(
    {
      a0: [
        { step: 1, losses: [bits(8), bits(9)] },
        { step: 2, losses: [bits(4), bits(9)], validation: { losses: [bits(5), bits(9)] } },
      ],
      a1: [
        { step: 1, losses: [bits(6), bits(9)] },
        { step: 2, losses: [bits(2), bits(9)], validation: { losses: [bits(3), bits(9)] } },
      ],
    },
    { a: ['a0', 'a1'], b: ['a1'] },
  );
  const rounded = (points: typeof training) =>
    points.map(({ arm, step, bits: value }) => [arm, step, Number(value.toFixed(9))]);
  expect(rounded(training)).toEqual([
    ['a', 1, 7],
    ['a', 2, 3],
    ['b', 1, 6],
    ['b', 2, 2],
  ]);
  expect(rounded(validation)).toEqual([
    ['a', 2, 4],
    ['b', 2, 3],
  ]);
});

test('steps that offset 1 sat out leave a gap: no other term stands in for it', async () => {
  const { training } = await curvesOf(
    {
      a: [
        { step: 1, terms: ['offset-2'], losses: [bits(9)] },
        { step: 2, terms: ['own', 'offset-1'], losses: [bits(7), bits(3)] },
      ],
    },
    { a: ['a'] },
  );
  expect(training.map(({ step, bits: value }) => [step, Number(value.toFixed(9))])).toEqual([[2, 3]]);
});

test('a long curve is averaged over steps in a row; none of them is lost', async () => {
  const rows = Array.from({ length: 800 }, (_, i) => ({ step: i + 1, losses: [bits(i)] }));
  const { training } = await curvesOf({ a: rows }, { a: ['a'] });
  expect(training).toHaveLength(80);
  expect(training[0].step).toBe(5.5);
  expect(training[0].bits).toBeCloseTo(4.5, 9);
  expect(training[79].bits).toBeCloseTo(794.5, 9);
});

test('a step without a finite loss leaves a gap, and a run without metrics no curve', async () => {
  const { training } = await curvesOf(
    {
      a: [
        { step: 1, losses: [null] },
        { step: 2, losses: [bits(1)] },
      ],
    },
    { a: ['a'], b: ['gone'] },
  );
  expect(training.map(({ arm, step }) => [arm, step])).toEqual([['a', 2]]);
});

test('a band holds the lowest and the highest seed, each smoothed by itself', async () => {
  const run = (level: number) =>
    Array.from({ length: 160 }, (_, i) => ({ step: i + 1, losses: [bits(level + (i % 2 === 0 ? 1 : -1))] }));
  const { training } = await curvesOf({ a0: run(4), a1: run(7), a2: run(5).slice(0, 80) }, { a: ['a0', 'a1', 'a2'] });
  expect(training).toHaveLength(80);
  const [first, last] = [training[0], training[79]];
  for (const [point, low, high, mean, seeds] of [
    [first, 4, 7, 16 / 3, 3],
    [last, 4, 7, 5.5, 2],
  ] as const) {
    expect(point.low).toBeCloseTo(low, 9);
    expect(point.high).toBeCloseTo(high, 9);
    expect(point.bits).toBeCloseTo(mean, 9);
    expect(point.seeds).toBe(seeds);
  }
});

test('arms that are not asked for have no curves', async () => {
  const runs = { a0: [{ step: 1, losses: [bits(4)] }], b0: [{ step: 1, losses: [bits(5)] }] };
  const { training } = await curvesOf(runs, { a: ['a0'], b: ['b0'] }, ['b']);
  expect(training.map(({ arm }) => arm)).toEqual(['b']);
});
