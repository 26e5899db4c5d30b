import { expect, test } from 'vitest';
import { type BackwardKind, type MemoryPoint, slope, slopesOf } from './slopes.ts';

const points = (
  backward: BackwardKind,
  bytes: (n: number, V: number) => number,
  { vocabs = [256, 4096, 32_000], horizons = [1, 2, 4, 8] } = {},
): MemoryPoint[] =>
  vocabs.flatMap((vocab) =>
    horizons.map((horizon) => {
      const workingBytes = bytes(horizon, vocab);
      return { backward, vocab, horizon, workingBytes, gradientBytes: 10, peakBytes: workingBytes + 10 };
    }),
  );

test('slopes of known growth are found, and the nV term in floats a row', () => {
  const rows = 256;
  const naive = points('unfused', (n, V) => 4 * rows * n * V + 7 * V + 50 * n + 1000);
  const fused = points('sequential', (n, V) => 7 * V + 50 * n + 1000);
  const [unfused, sequential] = slopesOf([...naive, ...fused], rows);
  expect(unfused.claim).toBe('O(nV+d)');
  expect(unfused.logitsKept).toBeCloseTo(1, 9);
  for (const { vocab, bytes } of unfused.perOffset!) expect(bytes).toBeCloseTo(1024 * vocab + 50, 3);
  for (const { horizon, bytes } of unfused.perToken!) expect(bytes).toBeCloseTo(1024 * horizon + 7, 6);
  expect(sequential.claim).toBe('O(V+d)');
  expect(sequential.logitsKept).toBeCloseTo(0, 9);
  for (const { bytes } of sequential.perOffset!) expect(bytes).toBeCloseTo(50, 6);
});

test('a size that does not vary has no slope', () => {
  const growth = (n: number, V: number) => 3 * n * V + 7 * V + 50 * n;
  const [oneVocab] = slopesOf(points('joint', growth, { vocabs: [256] }), 1);
  expect(oneVocab.perOffset!.map(({ bytes }) => bytes)).toEqual([expect.closeTo(3 * 256 + 50, 6)]);
  expect(oneVocab).toMatchObject({ perToken: null, logitsKept: null });
  const [oneHorizon] = slopesOf(points('joint', growth, { horizons: [4, 4] }), 1);
  expect(oneHorizon.perToken!.map(({ bytes }) => bytes)).toEqual([expect.closeTo(3 * 4 + 7, 6)]);
  expect(oneHorizon).toMatchObject({ perOffset: null, logitsKept: null });
});

test('a slope is that of least squares', () => {
  // By hand: mean (2, 3), products 2 + 0 + 1, squares 1 + 0 + 1.
  expect(
    slope([
      [1, 1],
      [2, 4],
      [3, 4],
    ]),
  ).toBe(1.5);
});
