const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** What a JSON text may hold at most; more is refused before it costs memory or a stack. */
export interface JsonLimits {
  /** Lists and objects inside one another. Default: 100, since what looks at values may call itself as often. */
  readonly deepest?: number;
  /**
   * Opening brackets and braces, commas and colons in all: what lies between two of them may take dozens of bytes of memory,
   * and only two of the text. Default: any number.
   */
  readonly mostMarks?: number;
  /** Keys of one object: some hundred thousand cost more than their bytes. Default: any number. */
  readonly mostKeys?: number;
}

const DEEPEST = 100;

/** Characters of a text that may be read before it is looked through. */
const SMALL = 2 ** 16;

/**
 * The value of a JSON text that an enemy may have written.
 *
 * A key that is there twice is refused, since `JSON.parse` keeps the last one without a word where other readers keep
 * the first, so that one file would mean two things; so is `__proto__`, which some later copy of the value might obey.
 * @throws Error with the reason as a clause
 */
export function parseStrictJson(text: string, limits: JsonLimits = {}): unknown {
  const isSmall = text.length < SMALL && !opensMoreThan(text, limits);
  const value: unknown = isSmall ? parse(text) : undefined;
  // What we write is what JSON.stringify writes, which says nothing twice: as good as looking, and much quicker.
  if (isSmall && !text.includes('__proto__') && JSON.stringify(value) === text) return value;
  const fault = jsonFault(text, limits);
  if (fault !== undefined) throw new Error(fault);
  return isSmall ? value : parse(text);
}

/**
 * What makes a text one that {@link parseStrictJson} refuses though it may be JSON.
 * @param text - JSON or not
 * @returns the reason as a clause
 * @throws Error with the reason, for a key that is no JSON string
 */
export function jsonFault(
  text: string,
  { deepest = DEEPEST, mostMarks = Number.POSITIVE_INFINITY, mostKeys = Number.POSITIVE_INFINITY }: JsonLimits = {},
): string | undefined {
  // Keys seen in each open object; undefined for an open list, or where there was none so far.
  const open: (Set<string> | undefined)[] = [];
  let numMarks = 0;
  let string: [start: number, end: number] | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) {
      string = [at, endOfString(text, at)];
      at = string[1] - 1;
    } else if (character === COLON && string !== undefined) {
      numMarks++;
      const fault = addKey(open, keyOf(text.slice(...string)), mostKeys);
      if (fault !== undefined) return fault;
      string = undefined;
    } else if (character === OPEN_LIST || character === OPEN_OBJECT) {
      numMarks++;
      if (open.push(undefined) > deepest) return `it nests deeper than ${deepest} levels`;
    } else if (character === CLOSE_LIST || character === CLOSE_OBJECT) open.pop();
    else if (character === COMMA) numMarks++;
    if (numMarks > mostMarks) return `it has more than ${mostMarks} brackets, commas and colons`;
  }
  return undefined;
}

/** Text of any kind and length as a message can hold it: in quotes, without what a terminal would obey, and not too long. */
export function quoted(text: string): string {
  const start = printable(JSON.stringify(text.slice(0, 100)));
  return text.length > 100 ? `${start}...` : start;
}

/** Control characters, and those that turn the direction of writing or end a line, as JSON escapes them. */
const printable = (text: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });

/** V8 puts a piece of the text into its message. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(printable((cause as Error).message), { cause });
  }
}

/** Most keys are what stands between their quotes; what is no JSON is for JSON.parse to find. */
const keyOf = (quotedKey: string): string =>
  quotedKey.includes('\\') ? (parse(quotedKey) as string) : quotedKey.slice(1, -1);

function addKey(open: (Set<string> | undefined)[], key: string, mostKeys: number): string | undefined {
  if (open.length === 0) return undefined;
  if (key === '__proto__') return 'the key "__proto__" is not allowed';
  const keys = open[open.length - 1] ?? new Set<string>();
  open[open.length - 1] = keys;
  if (keys.has(key)) return `it has the key ${quoted(key)} twice`;
  keys.add(key);
  return keys.size > mostKeys ? `it has an object with more than ${mostKeys} keys` : undefined;
}

function opensMoreThan(text: string, { deepest = DEEPEST }: JsonLimits): boolean {
  let numOpen = 0;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      if (++numOpen > deepest) return true;
    }
  }
  return false;
}

/** The place after the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at + 1;
}
