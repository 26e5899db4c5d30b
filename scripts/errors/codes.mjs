import { closingOf, isMark, lex } from './lex.mjs';

const WORD = /^[A-Z][A-Z_]+$/;

/** Words in capitals that stand whole in a string of a source: the codes that it can raise are among them. */
export const wordsRaised = ({ tokens }) => new Set(stringsIn(tokens).filter((text) => WORD.test(text)));

/** Strings that are no keys, templates looked into. */
function stringsIn(tokens) {
  return tokens.flatMap((token, i) => {
    if (token.kind === 'template')
      return token.parts.flatMap((part) => (typeof part === 'string' ? [part] : stringsIn(part)));
    return token.kind === 'string' && !isKey(tokens, i) ? [token.value] : [];
  });
}

const isKey = (tokens, i) => isMark(tokens[i + 1], ':') && ['{', ',', ';'].some((mark) => isMark(tokens[i - 1], mark));

/**
 * The codes that a test file expects: named in a string, a template or a pattern, in code that runs.
 *
 * Titles of tests, comments and blocks that are skipped prove nothing and do not count, nor does an error that a test makes itself.
 */
export function codesExpected(text, codes) {
  const live = lex(text).filter(isAlive);
  const said = live.flatMap((token) => textsOf(token));
  return codes.filter((code) => said.some((each) => namesCode(each, code)));
}

function textsOf(token) {
  if (token.kind === 'string') return [token.value];
  if (token.kind === 'pattern') return [token.text];
  if (token.kind !== 'template') return [];
  return token.parts.flatMap((part) => (typeof part === 'string' ? [part] : part.flatMap(textsOf)));
}

const namesCode = (text, code) => new RegExp(`(?<![A-Z_])${code}(?![A-Z_])`).test(text);

/** Whether a token is no title of a test, no code of an error made by hand, and in no block that never runs. */
function isAlive(_, at, tokens) {
  const { titles, skipped } = deadIn(tokens);
  const isMade = isMark(tokens[at - 1], '(') && tokens[at - 2]?.text === 'ForetokenError';
  return !isMade && !titles.has(at) && !skipped.some(({ first, last }) => first <= at && at <= last);
}

const dead = new WeakMap();

function deadIn(tokens) {
  const known = dead.get(tokens);
  if (known) return known;
  const found = { titles: new Set(), skipped: [] };
  tokens.forEach((token, at) => {
    if (token.kind !== 'word' || !/^(?:it|test|describe)$/.test(token.text) || isMark(tokens[at - 1], '.')) return;
    const { open, modifiers } = callAfter(tokens, at + 1);
    if (open === undefined) return;
    found.titles.add(open + 1);
    if (modifiers.some((word) => word === 'skip' || word === 'todo'))
      found.skipped.push({ first: open, last: closingOf(tokens, open) });
  });
  dead.set(tokens, found);
  return found;
}

/** `.each(table)`, `.skip` and the like behind `it`, and the bracket of the call that has the title. */
function callAfter(tokens, at) {
  const modifiers = [];
  for (let i = at; i < tokens.length; ) {
    if (isMark(tokens[i], '.')) {
      modifiers.push(tokens[i + 1].text);
      i += 2;
    } else if (!isMark(tokens[i], '(')) return { modifiers };
    else if (
      ['each', 'for', 'skipIf', 'runIf'].includes(modifiers.at(-1)) &&
      isMark(tokens[closingOf(tokens, i) + 1], '(')
    ) {
      return { modifiers, open: closingOf(tokens, i) + 1 };
    } else return { modifiers, open: i };
  }
  return { modifiers };
}
