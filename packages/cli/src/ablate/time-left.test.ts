import { describe, expect, it } from 'vitest';
import { timeLeft, trainingSizes, type WorkSoFar } from './time-left.ts';

const work = (more: Partial<WorkSoFar> = {}): WorkSoFar => ({
  trained: { size: 100, seconds: 20 },
  measured: { measure: [4, 6], time: [] },
  sizeLeft: 300,
  measurementsLeft: { measure: 4, time: 0 },
  workers: 2,
  ...more,
});

describe('the time left', () => {
  it('divides trainings and measurements among the workers', () => {
    // 300 at 5 a second, and 4 of 5 seconds, by two.
    expect(timeLeft(work())).toEqual({ seconds: (60 + 20) / 2, isAtLeast: false });
    expect(timeLeft(work({ workers: 1 }))?.seconds).toBe(80);
  });

  it('counts what is timed alone once, whatever the workers', () => {
    const measured = { measure: [4, 6], time: [7] };
    expect(timeLeft(work({ measured, measurementsLeft: { measure: 4, time: 3 } }))?.seconds).toBe(40 + 21);
  });

  it('is a least where a kind of measurement is still unknown', () => {
    expect(timeLeft(work({ measured: { measure: [], time: [] } }))).toEqual({ seconds: 30, isAtLeast: true });
  });

  it('is unknown before there is a rate, unless nothing is left to train', () => {
    expect(timeLeft(work({ trained: { size: 0, seconds: 0 } }))).toBeUndefined();
    expect(timeLeft(work({ trained: { size: 10, seconds: 2 } }))).toBeUndefined();
    expect(timeLeft(work({ trained: { size: 0, seconds: 0 }, sizeLeft: 0 }))?.seconds).toBe(10);
  });
});

describe('the size of a training', () => {
  const training = (key: string, steps: number) => ({
    key,
    experiment: { training: { steps, batch: 4, accumulate: 2 }, data: { context: 16 } },
  });
  const plan = { trainings: [training('a', 10), training('b', 20)] } as never;

  it('is its counted operations', () => {
    const flops = new Map([
      ['a', { trainingFlops: 7 }],
      ['b', { trainingFlops: 9 }],
    ]);
    expect([...trainingSizes(plan, flops).values()]).toEqual([7, 9]);
  });

  it('is its tokens as soon as one could not be counted', () => {
    expect([...trainingSizes(plan, new Map([['a', { trainingFlops: 7 }]])).values()]).toEqual([1280, 2560]);
  });
});
