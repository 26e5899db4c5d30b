import type { Hook } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import { BOARD } from './heartbeat.ts';
import { HookBoard } from './hook-board.ts';

const source = (name: string) => ({ package: name, version: '1.0.0', api: 1, directory: `/${name}` });
const hook = (name: string, from = 'foreign'): Hook => ({
  ...{ who: 'eval "a"', kind: 'eval', name, source: source(from), isTimed: true },
});

function board() {
  const cells = new Int32Array(BOARD.length);
  const texts = new Map<number, string>([[0, 'none']]);
  const isForeign = ({ source }: Hook) => source.package === 'foreign';
  const made = new HookBoard({ cells, isForeign, onNew: (id, text) => texts.set(id, text) });
  const shown = () => [texts.get(cells[BOARD.current]), texts.get(cells[BOARD.last])];
  return { board: made, shown };
}

describe('a board of hooks', () => {
  it('shows the innermost hook, and the last foreign one when there is none', () => {
    const { board: of, shown } = board();
    const [outer, inner] = [hook('measure'), hook('generate', 'own')];
    expect(shown()).toEqual(['none', 'none']);
    of.enter(outer);
    of.enter(inner);
    const measure = 'eval "a" of foreign@1.0.0: measure';
    expect(shown()).toEqual(['eval "a" of own@1.0.0: generate', measure]);
    of.leave(inner);
    expect(shown()).toEqual([measure, measure]);
    of.leave(outer);
    expect(shown()).toEqual(['none', measure]);
    expect([...of.sources]).toEqual([['/foreign', 'foreign@1.0.0']]);
  });

  it('shows what is still open where hooks that answer later end in another order', () => {
    const { board: of, shown } = board();
    const [first, second] = [hook('list'), hook('read')];
    of.enter(first);
    of.enter(second);
    of.leave(first);
    expect(shown()[0]).toBe('eval "a" of foreign@1.0.0: read');
    of.leave(second);
    expect(shown()[0]).toBe('none');
  });

  it('looks closely at foreign hooks alone, at the calls 1, 2, 4, 8 of one name, whichever object has it', () => {
    const { board: of } = board();
    const closely = (from: string) =>
      Array.from({ length: 9 }, () => {
        const one = hook('measure', from);
        of.enter(one);
        const isClose = of.inspects(one);
        of.leave(one);
        return isClose ? 1 : 0;
      });
    expect(closely('foreign')).toEqual([1, 1, 0, 1, 0, 0, 0, 1, 0]);
    expect(closely('own')).toEqual(new Array(9).fill(0));
  });

  it('tells what a foreign hook did, asked as it is left', () => {
    const { board: of } = board();
    const begun: boolean[] = [];
    of.lookFor({ begin: (_, isClose) => void begun.push(isClose), end: ({ name }) => `did ${name}` });
    const [own, foreign] = [hook('measure', 'own'), hook('measure')];
    of.enter(own);
    expect(of.leave(own)).toBeUndefined();
    of.enter(foreign);
    expect(of.leave(foreign)).toBe('did measure');
    expect(begun).toEqual([true]);
  });
});
