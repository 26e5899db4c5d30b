// A generation over a session that takes time by a formula.
import type { DraftPolicy, Kept } from '@foretoken/core';
import { createRandom } from '@foretoken/core';
import { nodesPerLevel } from '@foretoken/core/plugin';
import type { TimedSession } from './timed-session.fixture.ts';

/** What came of a generation without an end: tokens, and milliseconds that they took. */
export interface Outcome {
  readonly tokens: number;
  readonly ms: number;
  /** Mean levels drafted. */
  readonly levels: number;
}

/**
 * Steps of a generation whose drafts are kept by chance.
 *
 * @param shares - of each level, how often it is kept given those before it
 */
export async function generate(
  policy: DraftPolicy,
  session: TimedSession,
  { rows, steps, shares, seed = 1 }: { rows: number; steps: number; shares: readonly number[]; seed?: number },
): Promise<Outcome> {
  const random = createRandom(seed, 'outcomes');
  const [started, first] = [session.now, session.steps.length];
  let tokens = 0;
  for (let step = 0; step < steps; step++) {
    for (const row of session.rows) if (session.room(row) <= session.levels) session.leave(row);
    while (session.rows.length < rows) session.join({ tokens: new Int32Array(4) });
    const trees = await session.draft(policy);
    await session.verify(trees);
    const ids = session.rows;
    const kept: Kept[] = [];
    for (const tree of trees) {
      let length = 0;
      const levels = nodesPerLevel(tree).length;
      while (length < levels && random.uniform() < shares[length]) length++;
      kept.push({ path: Int32Array.from({ length }, (_, level) => level * session.width), next: 0 });
      tokens += length + 1;
    }
    session.commit(kept);
    for (const [index, row] of ids.entries()) policy.learn?.({ row, tree: trees[index], kept: kept[index], rows });
  }
  for (const row of session.rows) session.leave(row);
  const taken = session.steps.slice(first).map(([, levels]) => levels);
  return { tokens, ms: session.now - started, levels: taken.reduce((sum, levels) => sum + levels, 0) / steps };
}
