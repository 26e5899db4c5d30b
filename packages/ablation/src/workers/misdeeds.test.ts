import type { Hook } from '@foretoken/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BOARD } from './heartbeat.ts';
import { HookBoard } from './hook-board.ts';
import { type Lookout, lookForMisdeeds, type TensorCount } from './misdeeds.ts';

const source = { package: 'foreign', version: '1.0.0', api: 1 };
const hook = (name: string, kind: Hook['kind'] = 'eval'): Hook => ({
  who: `${kind} "a"`,
  kind,
  name,
  source,
  isTimed: true,
});

/** A lookout for the time of a test. */
function lookout(tensors: TensorCount = { numTensors: () => 0 }): Lookout {
  const { random } = Math;
  const { now } = Date;
  onTestFinished(() => {
    Object.assign(Math, { random });
    Object.assign(Date, { now });
  });
  const cells = new Int32Array(BOARD.length);
  const board = new HookBoard({ cells, isForeign: () => true, onNew: () => {} });
  return lookForMisdeeds(board, tensors);
}

/** Listens for the process' end, as engines do when they are opened. */
function listen(): void {
  const listener = () => {};
  process.on('exit', listener);
  onTestFinished(() => void process.off('exit', listener));
}

/** Calls a hook that is looked at closely. @returns what it did */
function called(looking: Lookout, name: string, work: () => void = () => {}): string | undefined {
  const one = hook(name);
  looking.begin(one, true);
  work();
  return looking.end(one);
}

const CHANGED = expect.stringContaining('changed listeners of the process\' "exit"');

describe('what is found of the hooks of a process', () => {
  it('is what a hook changed, also where an engine is opened after it', async () => {
    const looking = lookout();
    expect(called(looking, 'create', listen)).toEqual(CHANGED);
    await looking.excuse(async () => listen());
    expect(called(looking, 'measure')).toEqual(CHANGED);
  });

  it('is of an import what it changed, and nothing else', () => {
    const looking = lookout();
    const loads = () => {
      const timer = setTimeout(() => {}, 60_000);
      onTestFinished(() => clearTimeout(timer));
    };
    expect(called(looking, 'measure', loads)).toContain('must end its timers');
    expect(called(looking, 'import', loads)).toBeUndefined();
    expect(called(looking, 'import', listen)).toEqual(CHANGED);
  });

  it('is nothing of what was changed before the first of them', () => {
    const looking = lookout();
    listen();
    expect(called(looking, 'create')).toBeUndefined();
  });

  it('is nothing of what an engine changed as it was opened, or failed to', async () => {
    const looking = lookout();
    expect(called(looking, 'import')).toBeUndefined();
    await looking.excuse(async () => listen());
    expect(called(looking, 'create')).toBeUndefined();
    const failing = looking.excuse(async () => {
      listen();
      throw new Error('no GPU');
    });
    await expect(failing).rejects.toThrow('no GPU');
    expect(called(looking, 'measure')).toBeUndefined();
    expect(called(looking, 'measure', listen)).toEqual(CHANGED);
  });

  it('is of tensors how many more or fewer there are, where a hook is to leave them as they are', () => {
    let count = 5;
    const looking = lookout({ numTensors: () => count });
    const changing = (kind: Hook['kind'], by: number): string | undefined => {
      const one = hook('x', kind);
      looking.begin(one, true);
      count += by;
      return looking.end(one);
    };
    expect(changing('eval', 2)).toBe('must dispose the tensors that it makes, but left 2');
    expect(changing('eval', -1)).toBe('must leave the tensors of others alone, but disposed 1');
    expect(changing('eval', 0)).toBeUndefined();
    // What a rule asks of a verdict may free what the verdict was read from.
    expect(changing('acceptance-rule', -1)).toBeUndefined();
    expect(changing('head', 3)).toBeUndefined();
  });
});
