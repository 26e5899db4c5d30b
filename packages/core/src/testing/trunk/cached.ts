// B rows, T positions, D width.

import { LAST_COMMITTED, ROOT } from '@foretoken/engine/nodes';
import type { LanguageModel } from '../../contracts/model.ts';
import { createRandom } from '../../random/random.ts';
import { type RowPlan, randomTree, type TreeNode } from '../cached/random-trees.ts';
import { broken } from '../contract.ts';
import type { HeadCheck } from '../head/head-case.ts';
import { buildSmallModel } from '../head/head-case.ts';
import { offsetsOf } from '../head/run-head.ts';
import { SMALL_TEXT } from '../head/small-text.ts';
import { readInForwards } from './read-in-forwards.ts';
import { TAPS } from './trunk-case.ts';

/** Ways of cutting the text up that are tried. */
const TRIALS = 8;

/** Cached and uncached attention sum the same terms in another order. */
const TOLERANCE = 1e-5;

/** What exact decoding stands on, whatever the trunk remembers by. */
export const cachedIsUncached: HeadCheck = {
  title:
    'gives, in chunks and beside guesses that are dropped, the bits of one token at a time, and those are the text’s',
  run(head) {
    const model = buildSmallModel(head);
    try {
      const steps = readInForwards(model, oneColumn, createRandom(0, 'contract/guesses'));
      const whole = offsetsOf(model);
      compare(
        steps,
        TAPS.map((_, i) => whole.get(i + 1)!.hidden.values),
        TOLERANCE,
        (tap, place) => {
          throw broken(
            head,
            `tap ${tap} at ${place} is another one token by token than in one forward over the text. ${MEND}`,
          );
        },
      );
      for (let trial = 0; trial < TRIALS; trial++) compareTrial(head, model, steps, trial);
    } finally {
      model.dispose();
    }
  },
};

const MEND =
  'See the past through `memory.kv` and `memory.scan` alone, each with a slot of its own, from the state that a step is ' +
  'given and the nodes as they are; keep nothing else from one call to the next.';

function compareTrial(
  head: Parameters<typeof broken>[0],
  model: LanguageModel,
  steps: readonly Float32Array[],
  trial: number,
): void {
  const random = createRandom(trial, 'contract/cached');
  const read = readInForwards(model, (plan) => randomTree(plan, random), random);
  compare(read, steps, 0, (tap, place) => {
    throw broken(
      head,
      `tap ${tap} at ${place} has other bits when it is computed in chunks, beside guesses that are dropped, than one ` +
        `token at a time. ${MEND}`,
    );
  });
}

/** The next column of a row, alone. */
function oneColumn({ done, parent, position }: RowPlan): TreeNode[] {
  if (done === parent.length) return [];
  return [{ column: done, parent: parent[done] === ROOT ? ROOT : LAST_COMMITTED, position: position[done] }];
}

/** Calls `differs` at the first state that is further from what is expected than a share of the largest. */
function compare(
  got: readonly Float32Array[],
  want: readonly Float32Array[],
  tolerance: number,
  differs: (tap: number, place: string) => never,
): void {
  for (const [i, values] of want.entries()) {
    const allowed = tolerance * values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
    const bad = values.findIndex((value, index) => !(Math.abs(got[i][index] - value) <= allowed));
    if (bad < 0) continue;
    const place = Math.floor(bad / (values.length / (SMALL_TEXT.B * SMALL_TEXT.T)));
    differs(TAPS[i], `row ${Math.floor(place / SMALL_TEXT.T)}, position ${place % SMALL_TEXT.T}`);
  }
}
