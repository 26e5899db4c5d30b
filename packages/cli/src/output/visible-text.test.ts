import { expect, test } from 'vitest';
import { visibleText } from './visible-text.ts';

const hostile = 'a\u001b[2Jb\rc\u0007\u007f\u009b1m\n\td é';

test('a terminal is shown control characters, and obeys none but the tab and the end of a line', () => {
  expect(visibleText(hostile, { level: 1 })).toBe('a␛[2Jb␍c␇␡\ufffd1m\n\td é');
});

test('a pipe gets the text as it is', () => {
  expect(visibleText(hostile, { level: 0 })).toBe(hostile);
});
