import { type CST, Lexer, Parser } from 'yaml';

/** A configuration is written by hand; what is larger than this is not one. */
export const MAX_CHARACTERS = 64 * 1024;
/** How deep its values may be nested. */
export const MAX_DEPTH = 64;
const TOO_DEEP = `nesting may be at most ${MAX_DEPTH} levels deep.`;
/** Mistakes that are said; after so many, the rest are consequences. */
export const MAX_ERRORS = 20;
/** Words, marks and gaps of a text, some six a line: it is they that take time to read. */
const MAX_LEXEMES = 16_000;

/** What no YAML and no JSON has in it, unless written as an escape. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f]/;

/** What the lexer puts between the parts of a text: no characters of it. */
const MARKS = ['\x02', '\x18', '\x1f'];

/** Told what is wrong, and where. */
export type Fail = (offset: number, sentence: string) => void;

/**
 * The syntax of a text, as `yaml` has it.
 * @returns undefined, once it is said why, for a text that is larger, deeper or less legible than a configuration can be
 */
export function parseYaml(text: string, fail: Fail): readonly CST.Token[] | undefined {
  const tokens = isText(text, fail) ? tokensOf(text, fail) : undefined;
  const deep = tokens && firstTooDeep(tokens);
  if (deep === undefined) return tokens;
  fail(deep, TOO_DEEP);
  return undefined;
}

function isText(text: string, fail: Fail): boolean {
  if (text.length > MAX_CHARACTERS) {
    fail(0, `a configuration may have at most ${MAX_CHARACTERS} characters, this has ${text.length}.`);
    return false;
  }
  const control = text.search(CONTROL);
  if (control < 0) return true;
  const code = text.charCodeAt(control).toString(16).padStart(2, '0');
  fail(control, `control character U+00${code.toUpperCase()}. Remove it, or write "\\x${code}" in a quoted text.`);
  return false;
}

/** Stops where so much is wrong that the rest would only repeat it. */
function tokensOf(text: string, fail: Fail): CST.Token[] | undefined {
  const lexemes = lexemesOf(text, fail);
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let numErrors = 0;
  for (const lexeme of lexemes ?? []) {
    for (const token of parser.next(lexeme)) {
      tokens.push(token);
      if (token.type === 'error' && ++numErrors > MAX_ERRORS) return tokens;
    }
  }
  tokens.push(...parser.end());
  return lexemes && tokens;
}

/** The words, marks and gaps: brackets are counted here already, since deep ones take the parser long. */
function lexemesOf(text: string, fail: Fail): string[] | undefined {
  const lexemes: string[] = [];
  let [offset, depth] = [0, 0];
  for (const lexeme of new Lexer().lex(text)) {
    if (lexemes.push(lexeme) > MAX_LEXEMES) {
      fail(offset, `a configuration may have at most ${MAX_LEXEMES} words, marks and gaps.`);
      return undefined;
    }
    if ((lexeme === '[' || lexeme === '{') && ++depth > MAX_DEPTH + 1) {
      fail(offset, TOO_DEEP);
      return undefined;
    }
    if (lexeme === ']' || lexeme === '}') depth = Math.max(0, depth - 1);
    if (!MARKS.includes(lexeme)) offset += lexeme.length;
  }
  return lexemes;
}

/** Offset of the first token nested too deep. The composer recurses, so depth is judged before it runs. */
function firstTooDeep(tokens: readonly CST.Token[]): number | undefined {
  const pending = tokens.map((token) => ({ token, depth: 0 }));
  for (let entry = pending.pop(); entry; entry = pending.pop()) {
    const { token, depth } = entry;
    if (depth > MAX_DEPTH) return token.offset;
    if (token.type === 'document' && token.value) pending.push({ token: token.value, depth });
    if (!('items' in token)) continue;
    for (const { key, value } of token.items) {
      for (const child of [key, value]) if (child) pending.push({ token: child, depth: depth + 1 });
    }
  }
  return undefined;
}
