import { expect, test } from 'vitest';
import { chanceAndTimeIn, inWorld, WORLDS } from './chance-and-time.ts';

const looks = () => [
  Math.random(),
  Date.now(),
  Date.parse(new Date().toISOString()),
  performance.now(),
  Number(process.hrtime.bigint()),
];

test('a world gives the same chance and time each time, and another one others', async () => {
  const [here, there] = WORLDS;
  const first = await inWorld(here, looks);
  expect(await inWorld(here, async () => looks())).toEqual(first);
  expect(first.slice(1, 4)).toEqual([1.6e12 + 1, 1.6e12 + 2, 1.6e12 + 3]);
  const other = await inWorld(there, looks);
  for (const [i, look] of first.entries()) expect(other[i]).not.toBe(look);
});

test('dates that are given stay what they are', async () => {
  const made = await inWorld(WORLDS[0], () => [new Date(5), new Date('2026-01-02'), Date.UTC(2026, 0, 2)] as const);
  expect(made).toEqual([new Date(5), new Date('2026-01-02'), 1_767_312_000_000]);
  expect(await inWorld(WORLDS[0], () => new Date() instanceof Date && typeof Date())).toBe('string');
});

test('the real ones are back however the work ends', async () => {
  const real = [Math.random, Date, Date.now, performance.now, process.hrtime.bigint];
  await expect(inWorld(WORLDS[0], () => Promise.reject(new Error('thrown')))).rejects.toThrow('thrown');
  expect(() =>
    chanceAndTimeIn(() => {
      throw new Error('thrown');
    }),
  ).toThrow('thrown');
  expect([Math.random, Date, Date.now, performance.now, process.hrtime.bigint]).toEqual(real);
  expect(Object.hasOwn(performance, 'now')).toBe(false);
});

test('what was used is named once, and a given date is no look at a clock', () => {
  expect(chanceAndTimeIn(() => void new Date(5))).toEqual([]);
  expect(chanceAndTimeIn(() => void [Math.random(), Math.random(), Date.now(), new Date()])).toEqual([
    'Math.random',
    'Date',
  ]);
});
