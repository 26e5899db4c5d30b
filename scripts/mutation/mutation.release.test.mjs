import { expect, test } from 'vitest';
import { LOWEST_SCORE, MODULES } from './modules.mjs';
import { mutationScore, saidSurvivors } from './score.mjs';

const HOURS = 3_600_000;

// Some thousand mutants, each of which costs about a second.
test.each(Object.keys(MODULES))(
  'of the changes to the module "%s" its tests notice nine of ten',
  async (name) => {
    const found = await mutationScore(name);
    console.log(saidSurvivors(name, found));
    expect(found.score, saidSurvivors(name, found)).toBeGreaterThanOrEqual(LOWEST_SCORE);
  },
  4 * HOURS,
);
