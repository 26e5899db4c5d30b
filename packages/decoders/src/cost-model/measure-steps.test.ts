import { expect, test } from 'vitest';
import { measureSteps } from './measure-steps.ts';
import { TimedSession } from './timed-session.fixture.ts';

const stepMs = (rows: number, levels: number) => rows + levels;

/** Milliseconds by number of levels, of a session whose steps take what they are disturbed to. */
async function measured(rows: number, budgetMs: number, disturbed: (ms: number, levels: number) => number) {
  const session = new TimedSession({ levels: 3, stepMs: (rows, levels) => disturbed(stepMs(rows, levels), levels) });
  const { seconds } = await measureSteps(session, {
    ...{ rows, budgetMs, promptTokens: 64 },
    levels: () => 3,
    clock: () => session.now,
  });
  expect(session.rows).toEqual([]);
  return [...seconds.get(rows)!].sort(([a], [b]) => a - b).map(([levels, seconds]) => [levels, seconds * 1_000]);
}

test('where there is time for few sweeps, one step that was held up moves nothing', async () => {
  // Each step with one level in turn: those that are timed and those that are not.
  for (let held = 0; held < 6; held++) {
    let count = 0;
    const times = await measured(1, 0, (ms, levels) => (levels === 1 && count++ === held ? 50 * ms : ms));
    expect(times).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(count).toBe(6);
  }
});

test('a step that follows another number of levels is not timed', async () => {
  let before = -1;
  const times = await measured(1, 400, (ms, levels) => {
    const isFirst = levels !== before;
    before = levels;
    return isFirst ? 3 * ms : ms;
  });
  expect(times).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
  ]);
});
