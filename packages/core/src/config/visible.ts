/**
 * A text of one or more lines with what does not show written out: escapes of terminals, marks of direction, invisible
 * characters. So what a file says about itself cannot pass for what we say about it.
 */
export function visible(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (mark) =>
    mark === '\n' ? mark : `\\u{${mark.codePointAt(0)!.toString(16).padStart(4, '0')}}`,
  );
}
