/**
 * A text with what does not show written out: ends of lines, marks of direction, invisible characters, escapes of
 * terminals. So a name is on one line, and two that differ look different.
 */
export function visible(text: string): string {
  return text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (mark) => `\\u{${(mark.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}}`,
  );
}
