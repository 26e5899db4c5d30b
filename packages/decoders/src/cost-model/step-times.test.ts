import { expect, test } from 'vitest';
import { StepTimes } from './step-times.ts';

const timesOf = (...measured: [rows: number, seconds: [levels: number, seconds: number][]][]): StepTimes => {
  const times = new StepTimes();
  for (const [rows, seconds] of measured)
    times.add(rows, new Map(seconds), Math.max(...seconds.map(([levels]) => levels)));
  return times;
};

test('levels that were not measured lie on the line between those that were', () => {
  const times = timesOf([
    4,
    [
      [4, 9],
      [0, 1],
      [1, 2],
    ].map(([k, s]) => [k, s] as [number, number]),
  ]);
  const seconds = times.at(4);
  expect(seconds).toHaveLength(5);
  for (const [level, value] of [1, 2, 2 + 7 / 3, 2 + 14 / 3, 9].entries())
    expect(seconds[level]).toBeCloseTo(value, 12);
});

test('batches that were not measured lie between those that were, by the rows', () => {
  const times = timesOf(
    [
      1,
      [
        [0, 2],
        [1, 4],
      ],
    ],
    [
      5,
      [
        [0, 6],
        [1, 20],
      ],
    ],
  );
  expect(times.sizes).toEqual([1, 5]);
  expect(times.at(2)).toEqual([3, 8]);
  expect(times.at(5)).toEqual([6, 20]);
});

test('beyond the largest batch a step takes as much longer as there are more rows', () => {
  expect(
    timesOf([
      4,
      [
        [0, 2],
        [1, 3],
      ],
    ]).at(8),
  ).toEqual([4, 6]);
  expect(
    timesOf([
      4,
      [
        [0, 2],
        [1, 3],
      ],
    ]).at(1),
  ).toEqual([2, 3]);
});

test('nothing measured, nothing known', () => {
  expect(new StepTimes().at(3)).toEqual([]);
});

test('more levels never take less time: neighbours that seem to fall take their mean', () => {
  // 5 4 3 are one pool of mean 4; then 6; then 9 7 8, of mean 8.
  const measured = [5, 4, 3, 6, 9, 7, 8].map((seconds, level): [number, number] => [level, seconds]);
  expect(timesOf([1, measured]).at(1)).toEqual([4, 4, 4, 6, 8, 8, 8]);
});

test('beyond the deepest that was measured, a level takes as much more as those before on average', () => {
  const times = new StepTimes();
  times.add(
    2,
    new Map(
      [
        [0, 1],
        [1, 2],
        [2, 5],
      ].map(([k, s]): [number, number] => [k, s]),
    ),
    4,
  );
  expect(times.at(2)).toEqual([1, 2, 5, 7, 9]);
  expect([times.deepest(2), times.deepest(3)]).toEqual([2, 0]);
});
