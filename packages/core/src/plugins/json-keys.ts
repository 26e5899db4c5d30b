/** How deep a package.json may nest: what looks at its values may call itself as often. */
const MAX_DEPTH = 100;

/** A text in quotes with what follows it if that makes it a key, or the start or end of something that holds keys. */
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/g;

/**
 * Refuses a JSON text that says a key twice, of which `JSON.parse` takes the last without a word, or that nests too deeply.
 * @param text - valid JSON
 * @throws Error with the reason as a clause
 */
export function checkKeys(text: string): void {
  const open: Set<string>[] = [];
  for (const [token, string, colon] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (colon !== undefined) addKey(open.at(-1), JSON.parse(string));
    if (open.length > MAX_DEPTH) throw new Error(`it nests deeper than ${MAX_DEPTH} levels`);
  }
}

function addKey(keys: Set<string> | undefined, key: string): void {
  if (keys?.has(key)) throw new Error(`it has the key ${JSON.stringify(key)} twice in one object`);
  keys?.add(key);
}
