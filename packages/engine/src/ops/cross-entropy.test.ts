import { expect, test } from 'vitest';
import type { Tensor2D } from '../tensor.ts';
import { crossEntropyRows } from './cross-entropy.ts';
import type { Kernels } from './kernels.ts';

/** What the kernel was asked for; it answers with the targets. */
const kernels = { crossEntropy: (_: unknown, target_R: Int32Array) => [...target_R] } as unknown as Kernels;
const logits = (R: number, V: number) => ({ shape: [R, V] }) as Tensor2D;

test('a block of rows gets its own targets, whatever their number', () => {
  const rows = crossEntropyRows(kernels, Int32Array.of(3, -1, 0, 2));
  expect(rows(logits(4, 4), 0)).toEqual([3, -1, 0, 2]);
  expect(rows(logits(2, 4), 1)).toEqual([-1, 0]);
  expect(rows(logits(0, 4), 4)).toEqual([]);
});

test('a target outside the vocabulary is named with its row', () => {
  const rows = crossEntropyRows(kernels, Int32Array.of(0, 3, 4, 9));
  expect(() => rows(logits(2, 4), 2)).toThrow(/crossEntropyRows.* a target below 4 for each of 4 rows.* 4 in row 2/);
  expect(() => rows(logits(2, 3), 0)).toThrow(/a target below 3 for each of 2 rows.* 3 in row 1/);
});

test('rows without a target are told with the number of targets', () => {
  const rows = crossEntropyRows(kernels, Int32Array.of(0, 0, 0));
  expect(() => rows(logits(2, 4), 2)).toThrow(/a target below 4 for each of 4 rows.* 3 targets/);
});
