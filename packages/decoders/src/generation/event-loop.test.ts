// Steps that never leave the microtask queue: timers and signals get their turn all the same, and no more than they need.
import { describe, expect, test } from 'vitest';
import { DECODERS, drafting, request } from './loop.fixture.ts';
import { ScriptedSession } from './scripted-session.fixture.ts';

/** Far more time than a turn takes to come, on however busy a machine. */
const PATIENCE_MS = 10_000;

describe.each(DECODERS)('%s', (_, decoder) => {
  const endless = (more = {}) =>
    decoder.generate(new ScriptedSession({ ...drafting(2), context: 1e9 }), request([10], 1e8, more));

  test('a timer fires in the middle of a long generation', async () => {
    let [hasFired, steps] = [false, 0];
    const until = performance.now() + PATIENCE_MS;
    for await (const _emission of endless()) {
      // Not before: on a busy machine the first step alone may take longer than the timer.
      if (++steps === 1) {
        setTimeout(() => {
          hasFired = true;
        }, 20);
      }
      if (hasFired || performance.now() > until) break;
    }
    expect(hasFired).toBe(true);
    expect(steps).toBeGreaterThan(1);
  });

  test('a signal that a timer aborts ends it', async () => {
    const signal = AbortSignal.timeout(20);
    const until = performance.now() + PATIENCE_MS;
    const run = (async () => {
      for await (const _emission of endless({ signal })) if (performance.now() > until) break;
    })();
    await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  test('a signal that is aborted between two steps ends it before the next, without a turn', async () => {
    const controller = new AbortController();
    let steps = 0;
    const run = (async () => {
      for await (const _emission of endless({ signal: controller.signal })) if (++steps === 2) controller.abort();
    })();
    await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(steps).toBe(2);
  });

  test('fast steps share a turn: one about every eight milliseconds', async () => {
    let [turns, steps] = [0, 0];
    let next = setImmediate(function count() {
      turns++;
      next = setImmediate(count);
    });
    const started = performance.now();
    for await (const _emission of endless()) if (++steps === 2000) break;
    const elapsedMs = performance.now() - started;
    clearImmediate(next);
    // Beside them one before anything runs, and one behind the prompt.
    expect(turns).toBeLessThanOrEqual(elapsedMs / 8 + 3);
  });
});
