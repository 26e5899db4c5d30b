import { describe, expect, it } from 'vitest';
import { createProgress } from './progress.ts';

/** A stream that keeps what is written, and a clock turned by hand. */
function watched(stream: { isTTY?: boolean; columns?: number } = {}) {
  let ms = 0;
  const written: string[] = [];
  const shown = createProgress({ ...stream, write: (text) => written.push(text) }, () => ms);
  const update = (label: string, done: number, total: number, note?: string) =>
    shown.update({ label, done, total, note, unit: 'steps' });
  const progress = { update, clear: shown.clear };
  return { progress, written, wait: (add: number) => (ms += add) };
}

describe('createProgress', () => {
  it('says nothing about work of less than two seconds', () => {
    const { progress, written, wait } = watched();
    for (let step = 0; step <= 19; step++) {
      progress.update('train', step, 20);
      wait(100);
    }
    expect(written).toEqual([]);
  });

  it('writes a whole line every five seconds where there is no terminal, with rate and time left', () => {
    const { progress, written, wait } = watched();
    for (let step = 0; step <= 100; step++) {
      progress.update('train', step, 100, `loss ${step}`);
      wait(125);
    }
    expect(written).toEqual([
      'train: 16/100 steps, 8 steps/s, 11 s left, loss 16\n',
      'train: 56/100 steps, 8 steps/s, 5.5 s left, loss 56\n',
      'train: 96/100 steps, 8 steps/s, 0.5 s left, loss 96\n',
    ]);
  });

  it('rewrites one line of a terminal at most ten times a second, within its width', () => {
    const { progress, written, wait } = watched({ isTTY: true, columns: 50 });
    for (let step = 0; step < 300; step++) {
      progress.update('train', step, 300);
      wait(10);
    }
    expect(written.length).toBe(20);
    expect(written.at(-1)).toContain('train ███████████████████░ 290/300 steps  100 steps'.slice(0, 49));
    for (const line of written) expect(line.replace('\r', '').replace('\u001b[K', '').length).toBeLessThan(50);
  });

  it('clears its line once, and only if it was shown', () => {
    const { progress, written, wait } = watched({ isTTY: true });
    progress.update('train', 0, 10);
    progress.clear();
    expect(written).toEqual([]);
    wait(1_500);
    progress.update('train', 5, 10);
    progress.clear();
    progress.clear();
    expect(written.slice(1)).toEqual(['\r\u001b[2K']);
  });

  it('forgets a slow start', () => {
    const { progress, written, wait } = watched();
    progress.update('train', 0, 1_000);
    wait(60_000);
    for (let step = 1; step <= 300; step++) {
      progress.update('train', step, 1_000);
      wait(100);
    }
    expect(written.at(-1)).toContain('10 steps/s');
  });

  it('keeps its rhythm when one label follows another quickly', () => {
    const { progress, written, wait } = watched();
    for (let cell = 0; cell < 40; cell++) {
      progress.update(`cell ${cell}`, 0, 2);
      wait(1_000);
      progress.update(`cell ${cell}`, 1, 2);
      wait(1_000);
    }
    expect(written.length).toBeGreaterThan(8);
    expect(written.length).toBeLessThanOrEqual(16);
  });
});
