import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../files/disk-errors.fixture.ts';
import { type Fault, failingDisk, KILLED } from '../files/failing-disk.fixture.ts';
import { oldFolder, places, RECORDS, upgrade } from './replaced-folder.fixture.ts';

/** Every call that an undisturbed upgrade makes. */
async function callsOf(): Promise<readonly string[]> {
  const { disk, calls } = failingDisk(() => undefined);
  await upgrade(oldFolder().place, { disk });
  return calls;
}

/** The upgrade with one call spoiled. */
async function spoiled(fault: Fault) {
  const { parent, place } = oldFolder();
  const error = await upgrade(place, { disk: failingDisk(fault).disk }).catch((cause: Error) => cause);
  return { parent, place, error };
}

describe('a folder that is replaced', () => {
  it('is there as it was or as it will be after a kill at any call, and the next upgrade ends it', async () => {
    const calls = await callsOf();
    expect(calls.filter((call) => call === 'rename')).toHaveLength(RECORDS.length + 3);
    const seen = new Set<string>();
    for (let at = 0; at < calls.length; at++) {
      const { parent, place } = await spoiled((_, index) => (index === at ? KILLED : undefined));
      const state = places(place);
      seen.add(String(state));
      expect(
        [
          ['old', undefined, undefined],
          ['old', undefined, 'new'],
          [undefined, 'old', 'new'],
          ['new', 'old', undefined],
        ],
        `killed at call ${at}, ${calls[at]}`,
      ).toContainEqual(state);
      if (state[0] !== 'new') await upgrade(place);
      expect(places(place)).toEqual(['new', 'old', undefined]);
      expect(readdirSync(parent).sort()).toEqual(['run', 'run.v1-backup']);
    }
    expect(seen.size).toBe(4);
  });

  it.each(ERRORS)(
    'is as it was, or new, after %s of the disk at any call, and nothing is left beside it',
    async (errno) => {
      const calls = await callsOf();
      for (let at = 0; at < calls.length; at++) {
        const { parent, place, error } = await spoiled((_, index) => (index === at ? errno : undefined));
        const state = places(place);
        expect(state[0], `${errno} at call ${at}, ${calls[at]}`).toBe(state[1] === undefined ? 'old' : 'new');
        expect(readdirSync(parent), `${errno} at call ${at}, ${calls[at]}`).toHaveLength(state[0] === 'old' ? 1 : 2);
        if (state[0] === 'old')
          expect(String(error)).toMatch(new RegExp(`^ForetokenError: (FILE_WRITE|FILE_READ|DISK_FULL): .*${errno}`));
      }
    },
  );
});
