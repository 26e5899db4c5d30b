const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The first key that an object of this JSON text holds twice: `JSON.parse` keeps the last one without a word, while
 * other readers keep the first, so that one file would mean two things.
 * @param text - valid JSON
 */
export function repeatedKey(text: string): string | undefined {
  // Keys seen in each open object; undefined for an open array.
  const open: (Set<string> | undefined)[] = [];
  let key: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{') open.push(new Set());
    else if (character === '[') open.push(undefined);
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = endOfString(text, at);
      key = text.slice(at, end);
      at = end - 1;
    } else if (character === ':' && key !== undefined) {
      const keys = open.at(-1)!;
      const name: string = JSON.parse(key);
      if (keys.has(name)) return name;
      keys.add(name);
    }
  }
  return undefined;
}

/** The place after the closing quote. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at + 1;
}
