import { expect, test } from 'vitest';
import { lookUp } from './look-up.ts';

const options = { tokens: 4, maxNgram: 3, minNgram: 2 };

test('what followed the last tokens when they came before', () => {
  expect(lookUp([1, 2, 3, 4, 5, 6, 1, 2], options)).toEqual([3, 4, 5, 6]);
  expect(lookUp([1, 2, 3, 4, 5, 6, 1, 2], { ...options, tokens: 1 })).toEqual([3]);
});

test('the longest run decides, and of equally long ones the latest', () => {
  expect(lookUp([7, 1, 2, 8, 1, 2, 9, 7, 1, 2], options)).toEqual([8, 1, 2, 9]);
  expect(lookUp([1, 2, 8, 1, 2, 9, 1, 2], options)).toEqual([9, 1, 2]);
});

test('a run longer than maxNgram is as good as one of maxNgram: the latest of them', () => {
  expect(lookUp([5, 1, 2, 8, 6, 1, 2, 9, 5, 1, 2], { ...options, maxNgram: 2 })).toEqual([9, 5, 1, 2]);
});

test('a run may overlap the end of the text', () => {
  expect(lookUp([3, 3, 3], options)).toEqual([3]);
});

test('nothing where fewer than minNgram tokens came before', () => {
  expect(lookUp([1, 2, 3, 9, 2], options)).toEqual([]);
  expect(lookUp([1, 2, 3, 9, 2], { ...options, minNgram: 1 })).toEqual([3, 9, 2]);
  expect(lookUp([1], options)).toEqual([]);
  expect(lookUp([1, 2, 1, 2], { ...options, tokens: 0 })).toEqual([]);
});
