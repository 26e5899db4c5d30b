import { describe, expect, it } from 'vitest';
import { overlaps, type Stamp } from './chaos-stamps.fixture.ts';

let clock = 0;
const stamp = (type: Stamp['type'], pid: number, task = 'train-a'): Stamp => {
  clock += 1;
  return { type, pid, task, started: String(pid), at: clock };
};

describe('two attempts at one task', () => {
  it('are seen where one begins before the other has ended, whichever ends first', () => {
    const [first, second] = [stamp('start', 1), stamp('start', 2)];
    expect(overlaps([first, second, stamp('end', 1), stamp('end', 2)])).toHaveLength(1);
    expect(overlaps([stamp('start', 3), stamp('start', 4), stamp('end', 4), stamp('end', 3)])).toHaveLength(1);
    expect(overlaps([stamp('start', 5), stamp('start', 6), stamp('end', 5)])).toHaveLength(1);
    expect(overlaps([stamp('start', 7), stamp('start', 8), stamp('twice', 8), stamp('end', 8)])).toHaveLength(1);
  });

  it('are none where they follow one another, are of other tasks, or the first was killed', () => {
    expect(overlaps([stamp('start', 1), stamp('end', 1), stamp('start', 2), stamp('end', 2)])).toEqual([]);
    expect(
      overlaps([stamp('start', 1), stamp('start', 2, 'train-b'), stamp('end', 1), stamp('end', 2, 'train-b')]),
    ).toEqual([]);
    expect(overlaps([stamp('start', 1), stamp('start', 2), stamp('end', 2)])).toEqual([]);
  });
});
