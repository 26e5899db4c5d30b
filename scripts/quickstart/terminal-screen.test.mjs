import { describe, expect, it } from 'vitest';
import { createLiveRegion, isDrawable } from '../../packages/cli/src/output/live-region.ts';
import { TerminalScreen } from './terminal-screen.mjs';

/** A region on a screen, with a clock turned by hand. */
function region(columns = 20, rows = 6) {
  const screen = new TerminalScreen(columns, rows);
  let ms = 0;
  const stream = {
    isTTY: true,
    get columns() {
      return screen.columns;
    },
    rows,
    write: (text) => screen.write(text),
  };
  const live = createLiveRegion(stream, () => ms);
  const draw = (...lines) => {
    ms += 100;
    live.draw(() => lines);
  };
  return { screen, live, draw, wait: (more) => (ms += more), say: (text) => screen.write(`${text}\n`) };
}

const shown = ({ screen }) => screen.text().filter((line) => line !== '');

describe('lines drawn in place on a terminal', () => {
  it('take the place of those before, fewer or more', () => {
    const live = region();
    live.say('before');
    live.draw('one', 'a longer line');
    live.draw('two', 'short', 'third');
    expect(shown(live)).toEqual(['before', 'two', 'short', 'third']);
    live.draw('x');
    expect(shown(live)).toEqual(['before', 'x']);
  });

  it('make room for what stays, and are drawn again below it', () => {
    const live = region();
    live.draw('one', 'two');
    live.live.clear();
    live.say('stays');
    live.live.draw(() => ['three']);
    expect(shown(live)).toEqual(['stays', 'three']);
    live.live.clear();
    live.live.clear();
    expect(shown(live)).toEqual(['stays']);
  });

  it('are drawn at most ten times a second', () => {
    const live = region();
    live.draw('one');
    live.live.draw(() => ['too soon']);
    live.wait(99);
    live.live.draw(() => ['too soon']);
    expect(shown(live)).toEqual(['one']);
    live.wait(1);
    live.live.draw(() => ['two']);
    expect(shown(live)).toEqual(['two']);
  });

  it('take no more rows than there are, one left for the cursor', () => {
    const live = region(20, 4);
    const ten = Array.from({ length: 10 }, (_, i) => `line ${i}`);
    live.draw(...ten);
    live.draw(...ten);
    expect(shown(live)).toEqual(ten.slice(0, 3));
    expect(live.live.size()).toEqual({ columns: 19, rows: 3 });
  });

  it('leave nothing behind on a terminal that became narrower', () => {
    const live = region(20, 12);
    live.say('stays');
    live.draw('nineteen characters', 'short');
    live.screen.resize(8);
    expect(shown(live)).toEqual(['stays', 'nineteen', ' charact', 'ers', 'short']);
    live.draw('new');
    expect(shown(live)).toEqual(['stays', 'new']);
  });

  it('are for terminals that move their cursor alone', () => {
    expect(isDrawable({ isTTY: true }, {})).toBe(true);
    expect(isDrawable({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
    expect(isDrawable({}, {})).toBe(false);
  });
});

describe('the screen', () => {
  it('keeps colours as classes, and names never become markup', () => {
    const screen = new TerminalScreen(20, 5);
    screen.write('\u001b[31m<b>\u001b[39m & \u001b[1;32mx\u001b[22my\u001b[0mz');
    expect(screen.html()).toBe(
      '<span class="red">&lt;</span><span class="red">b</span><span class="red">&gt;</span> &amp; ' +
        '<span class="bold green">x</span><span class="green">y</span>z',
    );
  });

  it('refuses what it does not know', () => {
    const screen = new TerminalScreen(20, 5);
    expect(() => screen.write('\u001b[2Z')).toThrow('escape sequence');
    expect(() => screen.write('\u0007')).toThrow('character');
    expect(() => screen.write('\u001b[44m')).toThrow('style');
  });
});
