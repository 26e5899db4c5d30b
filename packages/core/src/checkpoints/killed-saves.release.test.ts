import { expect, it } from 'vitest';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { killWhileSaving } from './killed-saves.fixture.ts';

/** Of kills in all; each share is a store of its own. */
const SHARES = [1, 2, 3, 4];

it.each(SHARES)('a store whose saver is killed 250 times at random moments, seed %i, is never torn', async (seed) => {
  const places = await killWhileSaving(temporaryFolder(), 250, seed);
  console.log(`seed ${seed}, 250 kills:`, places);
  // Kills that all fall between two saves would show nothing.
  expect(places.unfinished + places.notDropped).toBeGreaterThan(0);
});
