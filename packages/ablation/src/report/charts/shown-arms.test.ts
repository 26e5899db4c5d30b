import { expect, test } from 'vitest';
import type { VerdictRow } from '../verdict.ts';
import { MOST_SHOWN, shownArms } from './shown-arms.ts';
import { armStyles } from './theme.ts';

const rowsOf = (bits: readonly (number | undefined)[]) =>
  bits.map((bitsPerByte, i) => ({ arm: `a${i}`, isBaseline: i === 0, bitsPerByte }) as VerdictRow);

test('of many arms the baseline and those with the lowest bits are drawn, in the order of the table', () => {
  const bits = Array.from({ length: 40 }, (_, i) => (i === 7 ? undefined : 5 - i / 100));
  const best = Array.from({ length: MOST_SHOWN - 1 }, (_, i) => `a${40 - MOST_SHOWN + 1 + i}`);
  expect(shownArms(rowsOf(bits))).toEqual(['a0', ...best]);
});

test('few arms are all drawn, measured or not', () => {
  expect(shownArms(rowsOf([undefined, 3, undefined]))).toEqual(['a0', 'a1', 'a2']);
});

test('no two arms that are drawn have one colour and one shape', () => {
  const styles = armStyles(Array.from({ length: MOST_SHOWN }, (_, i) => `a${i}`));
  expect(new Set(styles.map(({ colour, shape }) => `${colour} ${shape}`)).size).toBe(MOST_SHOWN);
});
