import { afterAll, describe, expect, test } from 'vitest';
import { CALLS } from './calls.fixture.mjs';
import { traversalPayloads } from './payloads.fixture.mjs';
import { isInside, makeSurroundings, SECRET, stateOutside } from './surroundings.fixture.mjs';

/** What a call came to: the paths that are not strictly inside, and what was thrown that is no error of ours. */
async function escapesOf(call, name, box) {
  try {
    const paths = await call(name, box);
    return paths.filter((file) => !isInside(box, file));
  } catch (error) {
    const isOurs = typeof error.code === 'string' && /^[A-Z]+(_[A-Z]+)*$/.test(error.code) && !('syscall' in error);
    return [...(isOurs ? [] : [`${error.stack}`]), ...(String(error.message).includes(SECRET) ? ['it was read'] : [])];
  }
}

/** Gives every nth of the names to every call that takes one. */
export function describeEscapes(nth) {
  const surroundings = makeSurroundings();
  const { box, outside, link } = surroundings;
  afterAll(surroundings.remove);
  const all = traversalPayloads(outside, link);
  const names = all.filter((_, i) => i % nth === 0);

  test('there are 80 names and more', () => {
    expect(all.length).toBeGreaterThanOrEqual(80);
  });

  describe(`none of ${names.length} names leads out of its folder`, () => {
    test.each(Object.keys(CALLS))('as %s', async (what) => {
      const before = stateOutside(surroundings);
      const found = [];
      for (const name of names) {
        for (const led of await escapesOf(CALLS[what], name, box)) found.push([name, led]);
      }
      expect(found).toEqual([]);
      expect(stateOutside(surroundings)).toBe(before);
    });
  });

  test('a call that joins whatever it is given is caught', async () => {
    const naive = (name) => [`${box}/${name}`];
    const caught = await Promise.all(names.map(async (name) => (await escapesOf(naive, name, box)).length > 0));
    expect(caught.filter(Boolean).length).toBeGreaterThan(names.length / 8);
  });
}
