import { expect, it } from 'vitest';
import { KINDS, readChanged } from './changed-bytes.fixture.ts';

it.each(Object.entries(KINDS))(
  'a %s file with bytes flipped or cut is refused by code or well-formed',
  async (_, make) => {
    expect(await readChanged(await make(), 1, 1000)).toBeGreaterThan(300);
  },
);
