import { Ansis } from 'ansis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CommandContext } from '../process/context.ts';
import { equalSizes, planOf, recordOf, Script } from './running-plan.fixture.ts';
import { showRun } from './show-run.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function shown({ isTerminal = false, alone = [] as string[] } = {}) {
  const plan = planOf(['n=1', 'a'], [0, 1, 2], alone);
  const said: string[] = [];
  const frames: (readonly string[])[] = [];
  const region = {
    size: () => ({ columns: 79, rows: 23 }),
    draw: (lines: () => readonly string[]) => frames.push(lines()),
    clear: () => frames.push([]),
    colours: new Ansis(0),
  };
  const signal = new AbortController();
  const board = () => (isTerminal ? region : undefined);
  const context = { say: (text: string) => said.push(text), board, signal: signal.signal } as unknown as CommandContext;
  const script: Script = new Script(plan, (event) => run.onEvent(event));
  const run = showRun(context, { plan, workers: 1, sizes: equalSizes(plan, 100), now: script.now });
  return { script, said, frames, run, signal };
}

describe('an ablation where nothing is drawn in place', () => {
  it('is one line per finished cell, and one per verdict that changes', () => {
    const { script, said } = shown();
    script.planned();
    for (const [seed, bits] of [2, 2.25, 2.5].entries()) script.cell('n=1', seed, bits);
    for (const [seed, bits] of [2.5, 2.85, 2.9].entries()) script.cell('a', seed, bits);
    expect(said).toEqual([
      '2 arms, 6 cells, 99 tasks to do',
      '1/6 n=1, seed 0: 2.000 bits per byte, trained in 10 s; about 1:00 left',
      '2/6 n=1, seed 1: 2.250 bits per byte, trained in 10 s; about 48 s left',
      '3/6 n=1, seed 2: 2.500 bits per byte, trained in 10 s; about 36 s left',
      '4/6 a, seed 0: 2.500 bits per byte, trained in 10 s; about 24 s left',
      '5/6 a, seed 1: 2.850 bits per byte, trained in 10 s; about 12 s left',
      '6/6 a, seed 2: 2.900 bits per byte, trained in 10 s',
      'so far, not final: a against n=1 in bits per byte: worse (+0.500 ± 0.248, 3 of 3 pairs)',
    ]);
  });

  it('is a line for a cell that is measured, and one more once it is timed', () => {
    const { script, said } = shown({ alone: ['throughput'] });
    script.planned();
    script.cell('n=1', 0, 2);
    script.cell('a', 0, 2.5);
    const timing = script.start('time', 'n=1', 0);
    script.ms += 5_000;
    script.finish(timing, 5, recordOf('n=1', 0, 2));
    expect(said.slice(1)).toEqual([
      '1/6 n=1, seed 0: 2.000 bits per byte, trained in 10 s, to be timed; at least 1:00 left',
      '2/6 a, seed 0: 2.500 bits per byte, trained in 10 s, to be timed; at least 48 s left',
      // Four trainings of 10 s and measurements of 2 s, five timings of 5 s.
      '1/6 n=1, seed 0: timed; about 1:13 left',
    ]);
  });

  it('says once a minute what is under way', () => {
    const { script, said } = shown();
    script.planned();
    const task = script.start('train', 'n=1', 0);
    for (let step = 0; step <= 100; step++) {
      script.ms += 1_000;
      script.progress(task, step, 400);
    }
    expect(said.slice(1)).toEqual([
      '0/6 cells done, 1 running, 5 left, 1:00 so far, at least 39:01 left; train n=1, seed 0 14%',
    ]);
  });

  it('is also a line for what failed, and for what waits', () => {
    const { script, said, run } = shown({ alone: ['throughput'] });
    script.planned([recordOf('n=1', 0, 2)]);
    script.fail(script.start('train', 'a', 0), 'no memory');
    const task = { kind: 'time', arms: ['a'], seed: 1, label: 'time a, seed 1', task: 3, tasks: 9 } as const;
    run.onEvent({ type: 'pruned', arms: ['a'] });
    run.onEvent({ type: 'waiting', task, holder: { pid: 42, ablation: '/runs\u001b[2J' } });
    expect(said).toEqual([
      '2 arms, 6 cells, 1 finished before, 99 tasks to do',
      'train a, seed 0 failed: no memory',
      'pruned: a',
      'time a, seed 1 waits: process 42, of the ablation in /runs␛[2J, is timing alone on this machine',
    ]);
  });
});

describe('an ablation on a terminal', () => {
  it('is drawn at every event and every second, until it is stopped', () => {
    const { script, said, frames, run } = shown({ isTerminal: true });
    script.planned();
    const drawn = frames.length;
    vi.advanceTimersByTime(3_000);
    expect(frames.length - drawn).toBe(3);
    script.cell('n=1', 0, 2);
    expect(frames.at(-1)?.[0]).toBe('1/6 cells done · 0 running · 5 left · 12 s so far · about 1:00 left');
    // The line of a finished cell stays above the board; time and verdicts are on it.
    expect(said).toEqual(['2 arms, 6 cells, 99 tasks to do', '1/6 n=1, seed 0: 2.000 bits per byte, trained in 10 s']);
    run.stop();
    const last = frames.length;
    expect(frames.at(-1)).toEqual([]);
    vi.advanceTimersByTime(5_000);
    expect(frames).toHaveLength(last);
  });

  it('says that it stops once it was asked to', () => {
    const { script, frames, signal } = shown({ isTerminal: true });
    script.planned();
    signal.abort();
    vi.advanceTimersByTime(1_000);
    expect(frames.at(-1)?.[0]).toContain('stopping: trainings save a checkpoint');
  });
});
