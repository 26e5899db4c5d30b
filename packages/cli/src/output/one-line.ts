import { controlPicture } from './control-picture.ts';

/** Control characters, ends of lines, and the marks that turn the direction of text around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that it is about
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * A name that came from a file, on one line and without a character that a terminal obeys: those become their pictures
 * (U+2400 and on) or U+FFFD. Also where there are no colours: a terminal may have been told so.
 */
export const oneLine = (text: string): string => text.replaceAll(UNSAFE, controlPicture);
