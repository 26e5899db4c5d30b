// B rows, T positions.
import { createRandom } from '../../random/random.ts';
import { CachedRun, readText } from '../cached/cached-run.ts';
import type { HeadCheck } from './head-case.ts';
import { buildSmallModel } from './head-case.ts';
import { offsetsOf } from './run-head.ts';

/** Ways of cutting the text up that are tried. */
const TRIALS = 6;

/** What decoding stands on: a head may see the past through its memory alone, and what is rolled back is gone. */
export const cachedIsUncached: HeadCheck = {
  title: 'gives, through its memory, in chunks and beside guesses that are dropped, what it gives of the whole text',
  run(head) {
    const model = buildSmallModel(head);
    try {
      const text = readText(model);
      const expected = offsetsOf(model);
      for (let trial = 0; trial < TRIALS; trial++) {
        new CachedRun({ head, model, text, expected, random: createRandom(trial, 'contract/cached') }).run();
      }
    } finally {
      model.dispose();
    }
  },
};
