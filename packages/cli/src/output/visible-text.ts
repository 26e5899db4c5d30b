import type { Ansis } from 'ansis';
import { controlPicture } from './control-picture.ts';

/** Control characters but for the tab and the end of a line: they would move the cursor, or worse. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that it is about
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/**
 * Text that a terminal shows and does not obey: what a byte model writes may be an escape sequence. Control characters
 * become their pictures (U+2400 and on), or U+FFFD. Where there are no colours, and so no terminal, it stays as it is.
 */
export function visibleText(text: string, { level }: Pick<Ansis, 'level'>): string {
  if (level === 0) return text;
  return text.replaceAll(CONTROLS, controlPicture);
}
