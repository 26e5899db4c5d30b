import { expect, it } from 'vitest';
import { KINDS, readChanged } from './changed-bytes.fixture.ts';

/** Of each of four kinds: 200,000 files in all. */
const TIMES = 50_000;

it.each(Object.entries(KINDS))('a %s file changed 50,000 times is refused by code or well-formed', async (_, make) => {
  const refused = await readChanged(await make(), 2, TIMES);
  expect(refused).toBeGreaterThan(0.3 * TIMES);
  expect(Object.keys(KINDS)).toHaveLength(4);
});
