/** What is shown in the place of a control character or a mark of direction: its picture (U+2400 and on), or U+FFFD. */
export function controlPicture(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? '\u2421' : '\ufffd';
}
