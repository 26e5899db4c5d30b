import { describe, expect, it } from 'vitest';
import { coloursFor } from './colours.ts';

const terminal = { isTTY: true };
const file = {};
const painted = (stream: object, environment: NodeJS.ProcessEnv) => coloursFor(stream, environment).red('x') !== 'x';

describe('coloursFor', () => {
  it('colours terminals and nothing else', () => {
    expect(painted(terminal, {})).toBe(true);
    expect(painted(file, {})).toBe(false);
    expect(painted(terminal, { TERM: 'dumb' })).toBe(false);
  });

  it('lets NO_COLOR win over everything, unless it is empty', () => {
    expect(painted(terminal, { NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(false);
    expect(painted(terminal, { NO_COLOR: '' })).toBe(true);
  });

  it('lets FORCE_COLOR colour a file, and FORCE_COLOR=0 leave a terminal plain', () => {
    expect(painted(file, { FORCE_COLOR: '1' })).toBe(true);
    expect(painted(terminal, { FORCE_COLOR: '0' })).toBe(false);
  });
});
