import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { listenForInterrupts } from './interrupt.ts';

function watched() {
  const exits: number[] = [];
  const on = Object.assign(new EventEmitter(), { exit: (code: number) => exits.push(code) });
  let ms = 0;
  let told = 0;
  const interrupts = listenForInterrupts(() => told++, { on, now: () => ms });
  return { ...interrupts, on, exits, told: () => told, wait: (add: number) => (ms += add) };
}

describe('listenForInterrupts', () => {
  it('aborts the work at the first Ctrl-C and ends the process at the second', () => {
    const { signal, on, exits, told, wait } = watched();
    expect(signal.aborted).toBe(false);
    on.emit('SIGINT');
    expect([signal.aborted, told(), exits]).toEqual([true, 1, []]);
    wait(1_000);
    on.emit('SIGINT');
    expect([told(), exits]).toEqual([1, [130]]);
  });

  it('takes one key press that arrives twice for one', () => {
    const { on, exits, wait } = watched();
    on.emit('SIGINT');
    wait(20);
    on.emit('SIGINT');
    expect(exits).toEqual([]);
  });

  it('treats SIGTERM alike, and stops listening when told to', () => {
    const { signal, on, stop } = watched();
    stop();
    on.emit('SIGTERM');
    expect(signal.aborted).toBe(false);
    expect(watchedAfterTerm().aborted).toBe(true);
  });
});

function watchedAfterTerm(): AbortSignal {
  const { signal, on } = watched();
  on.emit('SIGTERM');
  return signal;
}
