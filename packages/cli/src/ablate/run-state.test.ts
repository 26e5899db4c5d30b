import { describe, expect, it } from 'vitest';
import { RunState } from './run-state.ts';
import { equalSizes, planOf, recordOf, Script } from './running-plan.fixture.ts';

function follow({ alone = [] as string[], workers = 1 } = {}) {
  const plan = planOf(['base', 'a'], [0, 1], alone);
  const script: Script = new Script(plan, (event) => state.see(event));
  const state: RunState = new RunState({ plan, workers, sizes: equalSizes(plan, 100), now: script.now });
  return { script, state };
}

describe('an ablation that runs', () => {
  it('knows where every cell is', () => {
    const { script, state } = follow();
    script.planned();
    expect(state.cells()).toEqual({ total: 4, done: 0, failed: 0, pruned: 0, running: 0, untimed: 0, left: 4 });
    script.cell('base', 0, 2);
    const task = script.start('train', 'base', 1);
    expect(state.cells()).toEqual({ total: 4, done: 1, failed: 0, pruned: 0, running: 1, untimed: 0, left: 2 });
    script.fail(task, 'no');
    expect(state.cells()).toEqual({ total: 4, done: 1, failed: 1, pruned: 0, running: 0, untimed: 0, left: 2 });
    expect(state.running()).toEqual([]);
    expect(state.seconds()).toBe(12);
  });

  it('counts what was there before as done', () => {
    const { script, state } = follow();
    script.planned([recordOf('base', 0, 2), recordOf('base', 1, 2)]);
    expect(state.cells()).toMatchObject({ done: 2, left: 2 });
    expect(state.standing.arms()[0].mean).toBe(2);
  });

  it('knows what was measured before and is still to be timed', () => {
    const { script, state } = follow({ alone: ['throughput'] });
    script.planned();
    state.see({ type: 'reused', record: recordOf('base', 0, 2), isUntimed: true });
    expect(state.cells()).toMatchObject({ done: 0, untimed: 1, left: 3 });
    expect(state.standing.value('base/0')).toBe(2);
  });

  it('calls a cell done once its last part is, and its value known before', () => {
    const { script, state } = follow({ alone: ['throughput'] });
    script.planned();
    script.cell('base', 0, 2);
    expect(state.cells()).toMatchObject({ done: 0, untimed: 1, left: 3 });
    expect(state.standing.value('base/0')).toBe(2);
    const timing = script.start('time', 'base', 0);
    expect(state.cells()).toMatchObject({ done: 0, running: 1, untimed: 0, left: 3 });
    script.finish(timing, 5, recordOf('base', 0, 2));
    expect(state.cells()).toMatchObject({ done: 1, left: 3 });
    // Three trainings of 10 s, three measurements of 2 s, three timings of 5 s.
    expect(state.timeLeft()).toEqual({ seconds: 51, isAtLeast: false });
  });

  it('tells the time left by what is under way, and counts nothing of it twice', () => {
    const { script, state } = follow({ workers: 2 });
    script.planned();
    expect(state.timeLeft()).toBeUndefined();
    const task = script.start('train', 'base', 0);
    script.progress(task, 0, 10);
    script.ms += 5_000;
    script.progress(task, 5, 10);
    // 350 left at 10 a second, by two; of measurements nothing is known.
    expect(state.timeLeft()).toEqual({ seconds: 17.5, isAtLeast: true });
    script.ms += 5_000;
    script.finish(task, 10);
    expect(state.timeLeft()?.seconds).toBe(15);
  });

  it('lets what an earlier process did count for no rate', () => {
    const { script, state } = follow();
    script.planned();
    const finished = script.start('train', 'base', 0);
    script.ms += 100;
    script.finish(finished, 0.1);
    expect(state.timeLeft()).toBeUndefined();
    const goesOn = script.start('train', 'base', 1);
    script.progress(goesOn, 8, 10);
    script.ms += 4_000;
    script.progress(goesOn, 9, 10);
    // A tenth in 4 s: a tenth of it and two whole ones are left.
    expect(state.timeLeft()?.seconds).toBeCloseTo(4 + 80, 9);
  });

  it('goes on with a training from where its arm might have been pruned, and expects nothing of one that was', () => {
    const { script, state } = follow();
    script.planned();
    const half = { ...script.start('train', 'a', 0), until: 0.5 };
    script.progress(half, 0, 10);
    script.ms += 5_000;
    script.progress(half, 5, 10);
    script.finish(half, 5);
    // 350 left at 10 a second.
    expect(state.timeLeft()?.seconds).toBe(35);
    const rest = script.start('train', 'a', 0);
    script.progress(rest, 5, 10);
    script.ms += 1_000;
    script.progress(rest, 6, 10);
    expect(state.timeLeft()?.seconds).toBeCloseTo(34, 9);
    state.see({ type: 'pruned', arms: ['a'] });
    expect(state.cells()).toEqual({ total: 4, done: 0, failed: 0, pruned: 2, running: 0, untimed: 0, left: 2 });
    expect(state.timeLeft()?.seconds).toBeCloseTo(20, 9);
  });

  it('says which task waits, until it begins', () => {
    const { script, state } = follow({ alone: ['throughput'] });
    script.planned();
    const task = { kind: 'time', arms: ['a'], seed: 0, label: 'time a', task: 9, tasks: 9 } as const;
    state.see({ type: 'waiting', task, holder: { pid: 42, ablation: '/x' } });
    expect(state.running()).toEqual([{ info: task, waitsFor: 42 }]);
    state.see({ type: 'started', task });
    expect(state.running()).toEqual([{ info: task }]);
  });
});
