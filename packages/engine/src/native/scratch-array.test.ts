import { expect, test } from 'vitest';
import { FloatSlab } from './float-slab.ts';
import { ScratchArray } from './scratch-array.ts';

test('scratch holds a copy, and gives a long array of its own kind back as it is', () => {
  const scratch = new ScratchArray(Int32Array);
  const short = Int32Array.of(3, 1, 2);
  const copy = scratch.copyOf(short);
  expect([...copy]).toEqual([3, 1, 2]);
  expect(copy).not.toBe(short);
  expect(scratch.copyOf([7, 8, 9])).toBe(copy);
  const long = Int32Array.from({ length: 300 }, (_, index) => index);
  expect(scratch.copyOf(long)).toBe(long);
  expect(scratch.copyOf([...long])).toEqual(long);
});

test('arrays of a slab share no value, however many there are and whatever their lengths', () => {
  const slab = new FloatSlab();
  const taken = Array.from({ length: 200 }, (_, index) => slab.take((index * 7919) % 5_000));
  for (const [index, array] of taken.entries()) {
    expect(array.length).toBe((index * 7919) % 5_000);
    expect(array.every((value) => value === 0)).toBe(true);
    array.fill(index + 1);
  }
  for (const [index, array] of taken.entries()) expect(array.every((value) => value === index + 1)).toBe(true);
});
