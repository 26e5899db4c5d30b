import { expect, test } from 'vitest';
import { decimalNumber, wholeNumber } from './numbers.ts';

test('a number is taken within its limits, the ends included unless excluded', () => {
  expect(['0', '0.5', '1', '1e-3'].map(decimalNumber({ minimum: 0, maximum: 1 }))).toEqual([0, 0.5, 1, 0.001]);
  expect(decimalNumber()('-7.5')).toBe(-7.5);
  expect(decimalNumber({ above: 0 })('0.1')).toBe(0.1);
});

test.each([
  [{ minimum: 0 }, '-1', 'It must be a number of at least 0.'],
  [{ minimum: 0 }, 'NaN', 'It must be a number of at least 0.'],
  [{ minimum: 0, maximum: 1 }, '1.1', 'It must be a number of at least 0 and of at most 1.'],
  [{ above: 0, maximum: 1 }, '0', 'It must be a number above 0 and of at most 1.'],
  [{}, 'Infinity', 'It must be a number.'],
  [{}, '', 'It must be a number.'],
  [{}, '1 2', 'It must be a number.'],
])('of %j, %j is refused', (limits, text, message) => {
  expect(() => decimalNumber(limits)(text)).toThrow(message);
});

test('a whole number is refused where it has a part', () => {
  expect(() => wholeNumber({ minimum: 0 })('1.5')).toThrow('It must be a whole number of at least 0.');
});
