import { closingOf, isMark, splitAt } from './lex.mjs';

const NO_NAMES = new Set([
  'if',
  'for',
  'while',
  'switch',
  'catch',
  'function',
  'return',
  'super',
  'constructor',
  'await',
]);
const BEFORE_TYPE = new Set([':', '|', '&', '<', ',', '=>']);

/**
 * The functions and methods of a file, as far as they have a name.
 *
 * @returns `{ name, parameters, isExported, open, first, last, results }` each: names of the parameters by position (undefined
 * for a pattern) and the bracket that opens them, the tokens of the body, and those of every expression that it returns
 */
export function functionsOf(tokens) {
  return tokens.flatMap((token, i) => {
    if (token.kind !== 'word') return [];
    if (token.text === 'const') return arrowAt(tokens, i + 1);
    if (NO_NAMES.has(token.text) || isMark(tokens[i - 1], '.') || tokens[i - 1]?.text === 'new') return [];
    return declaredAt(tokens, i);
  });
}

/** `name(parameters): Type { body }`, with or without `function` before it. */
function declaredAt(tokens, i) {
  const open = afterTypeParameters(tokens, i + 1);
  if (!isMark(tokens[open], '(')) return [];
  const close = closingOf(tokens, open);
  const brace = bodyAfter(tokens, close + 1);
  if (brace === undefined) return [];
  return [described(tokens, { at: i, open, close, first: brace, last: closingOf(tokens, brace) })];
}

/** `const name = (parameters): Type => body` */
function arrowAt(tokens, i) {
  if (!isMark(tokens[i + 1], '=')) return [];
  const start = tokens[i + 2]?.text === 'async' ? i + 3 : i + 2;
  const open = afterTypeParameters(tokens, start);
  if (!isMark(tokens[open], '(')) return [];
  const close = closingOf(tokens, open);
  const arrow = arrowAfter(tokens, close + 1);
  if (arrow === undefined) return [];
  const first = arrow + 1;
  const last = isMark(tokens[first], '{') ? closingOf(tokens, first) : endOfStatement(tokens, first) - 1;
  return [described(tokens, { at: i, open, close, first, last })];
}

function afterTypeParameters(tokens, i) {
  if (!isMark(tokens[i], '<')) return i;
  let depth = 0;
  for (let at = i; at < tokens.length; at++) {
    if (isMark(tokens[at], '<')) depth++;
    if (isMark(tokens[at], '>') && --depth === 0) return at + 1;
  }
  return i;
}

/** The brace of the body, past the type of the result; undefined for a call. */
function bodyAfter(tokens, i) {
  if (isMark(tokens[i], '{')) return i;
  if (!isMark(tokens[i], ':')) return undefined;
  for (let at = i + 1; at < tokens.length; at++) {
    if (isMark(tokens[at], '{') && !BEFORE_TYPE.has(tokens[at - 1].text)) return at;
    if (isMark(tokens[at], '{') || isMark(tokens[at], '(') || isMark(tokens[at], '[')) at = closingOf(tokens, at);
    else if ([';', '=', ')', '}', '?'].includes(tokens[at].text)) return undefined;
  }
  return undefined;
}

function arrowAfter(tokens, i) {
  if (isMark(tokens[i], '=>')) return i;
  if (!isMark(tokens[i], ':')) return undefined;
  for (let at = i + 1; at < tokens.length; at++) {
    if (isMark(tokens[at], '=>')) return at;
    if (['{', '(', '['].includes(tokens[at].text)) at = closingOf(tokens, at);
    else if ([';', '=', ')', '}'].includes(tokens[at].text)) return undefined;
  }
  return undefined;
}

/** The index of the semicolon, or of the bracket around the statement, that ends the expression at a token. */
export function endOfStatement(tokens, i) {
  for (let at = i; at < tokens.length; at++) {
    if (['{', '(', '['].includes(tokens[at].text) && tokens[at].kind === 'mark') at = closingOf(tokens, at);
    else if (tokens[at].kind === 'mark' && [';', '}', ')', ']', ','].includes(tokens[at].text)) return at;
  }
  return tokens.length;
}

function described(tokens, { at, open, close, first, last }) {
  const { text: name } = tokens[at];
  const parameters = splitAt(tokens.slice(open + 1, close), ',').map(nameOf);
  const results = resultsIn(tokens, first, last);
  return { name, parameters, open, first, last, results, isExported: isExported(tokens, at) };
}

/** Whether other files can call it by its name alone. */
const isExported = (tokens, at) => tokens.slice(Math.max(at - 3, 0), at).some(({ text }) => text === 'export');

function nameOf(parameter) {
  const word = parameter.find(({ text }) => !['readonly', 'private', '...'].includes(text));
  return word?.kind === 'word' ? word.text : undefined;
}

function resultsIn(tokens, first, last) {
  if (!isMark(tokens[first], '{')) return [tokens.slice(first, last + 1)];
  const results = [];
  for (let i = first; i <= last; i++) {
    if (tokens[i].text !== 'return' || tokens[i].kind !== 'word') continue;
    results.push(tokens.slice(i + 1, endOfStatement(tokens, i + 1)));
  }
  return results;
}
