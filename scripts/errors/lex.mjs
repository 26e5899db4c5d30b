const SPACE = /\s+/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const WORD = /[#@]?[\p{ID_Start}_$][\p{ID_Continue}$]*/uy;
const NUMBER = /\d[\w.]*/y;
const STRING = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y;
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const PUNCTUATION = /\?\.(?!\d)|\?\?=?|=>|[=!]==?|&&=?|\|\|=?|\.\.\.|[<>]=|\+\+|[-+*/%&|^]=|--|[\s\S]/y;

/** Words after which a slash starts a pattern, not a division. */
const BEFORE_PATTERN = new Set(['return', 'case', 'typeof', 'of', 'in', 'yield', 'await', 'throw', 'new', 'else']);

/**
 * The tokens of TypeScript, as far as finding calls and the texts in them needs: no types, no syntax tree.
 *
 * @returns `{ kind, text, at }` each, where kind is word, number, string, template, pattern or mark; a string's `value` is
 * what it says, and a template's `parts` are texts and lists of tokens in turn
 */
export function lex(source, from = 0, isEnd = () => false) {
  const tokens = [];
  let at = from;
  const take = (pattern) => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  let depth = 0;
  while (at < source.length) {
    const skipped = take(SPACE) ?? take(COMMENT);
    if (skipped !== undefined) {
      at += skipped.length;
      continue;
    }
    if (depth === 0 && isEnd(source[at])) break;
    const token = source[at] === '`' ? template(source, at) : plain(source, take, tokens.at(-1), at);
    if (token.text === '{') depth++;
    if (token.text === '}') depth--;
    tokens.push(token);
    at = token.end;
  }
  return Object.assign(tokens, { end: at });
}

function plain(source, take, last, at) {
  const kind = kindAt(source[at], last);
  const text = take(PATTERNS[kind]) ?? take(PUNCTUATION);
  const token = { kind, text, at, end: at + text.length };
  return kind === 'string' ? { ...token, value: unescaped(text.slice(1, -1)) } : token;
}

const PATTERNS = { word: WORD, number: NUMBER, string: STRING, pattern: REGEX, mark: PUNCTUATION };

function kindAt(character, last) {
  if (/[\p{ID_Start}_$#@]/u.test(character)) return 'word';
  if (/\d/.test(character)) return 'number';
  if (character === "'" || character === '"') return 'string';
  return character === '/' && startsPattern(last) ? 'pattern' : 'mark';
}

function startsPattern(last) {
  if (last === undefined) return true;
  if (last.kind === 'word') return BEFORE_PATTERN.has(last.text);
  return last.kind === 'mark' && ![')', ']', '}'].includes(last.text);
}

function template(source, start) {
  const parts = [''];
  let at = start + 1;
  while (at < source.length && source[at] !== '`') {
    if (source.startsWith('${', at)) {
      const inner = lex(source, at + 2, (character) => character === '}');
      parts.push(inner, '');
      at = inner.end + 1;
    } else {
      const length = source[at] === '\\' ? 2 : 1;
      parts[parts.length - 1] += unescaped(source.slice(at, at + length));
      at += length;
    }
  }
  return { kind: 'template', text: source.slice(start, at + 1), at: start, end: at + 1, parts };
}

const unescaped = (text) =>
  text.replace(/\\([\s\S])/g, (_, character) => ({ n: '\n', t: '\t', r: '\r' })[character] ?? character);

const OPENING = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]);

/** Where the bracket at a token closes. @returns the closing token's index, or the last one's */
export function closingOf(tokens, open) {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    if (isMark(tokens[i]) && OPENING.has(tokens[i].text)) depth++;
    if (isMark(tokens[i]) && [')', ']', '}'].includes(tokens[i].text) && --depth === 0) return i;
  }
  return tokens.length - 1;
}

/** Tokens between marks that stand outside of every bracket, such as the arguments between commas. */
export function splitAt(tokens, ...marks) {
  const groups = [[]];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (isMark(token) && OPENING.has(token.text)) {
      const end = closingOf(tokens, i);
      groups.at(-1).push(...tokens.slice(i, end + 1));
      i = end;
    } else if (isMark(token) && marks.includes(token.text)) groups.push([]);
    else groups.at(-1).push(token);
  }
  return groups;
}

/** Whether a token is this mark, or any mark. */
export const isMark = (token, text = token?.text) => token?.kind === 'mark' && token.text === text;

/** The arguments of the call whose opening bracket is at a token. */
export function argumentsAt(tokens, open) {
  const groups = splitAt(tokens.slice(open + 1, closingOf(tokens, open)), ',');
  return groups.at(-1).length === 0 ? groups.slice(0, -1) : groups;
}
