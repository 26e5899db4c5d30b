import { argumentsAt, closingOf, isMark, splitAt } from './lex.mjs';
import { createReader } from './said-texts.mjs';
import { lineOf } from './sources.mjs';

/**
 * Every place that makes a ForetokenError, or a problem that becomes one with others (`{ code: 'A', message }`), with the codes
 * and messages that it can have as far as the sources say.
 *
 * @returns `{ file, line, isWhole, codes, messages }` each; a problem is not whole: who and where are put before it
 */
export function raisedIn(sources) {
  const reader = createReader(sources);
  return sources.flatMap((source) =>
    source.tokens.flatMap((token, at) => {
      const made = errorAt(source.tokens, at) ?? problemAt(source.tokens, at);
      if (made === undefined) return [];
      const [codes, messages] = made.map((expression) => reader.textsOf(source, at, expression));
      return [
        { file: source.file, line: lineOf(source, token), isWhole: token.text === 'ForetokenError', codes, messages },
      ];
    }),
  );
}

/** The same of C++: `throw Fault(code, message)`, and `throw_in(env, code, message)`, which tells JavaScript of what was caught. */
export function faultsIn(sources) {
  const reader = createReader(sources);
  return sources.flatMap((source) =>
    source.tokens.flatMap((token, at) => {
      const made = faultAt(source.tokens, at);
      if (made === undefined) return [];
      const [codes, messages] = made.map((expression) => reader.textsOf(source, at, expression));
      return [{ file: source.file, line: lineOf(source, token), isWhole: true, codes, messages }];
    }),
  );
}

function faultAt(tokens, at) {
  if (!isMark(tokens[at + 1], '(')) return undefined;
  if (tokens[at].text === 'Fault' && tokens[at - 1]?.text === 'throw') return argumentsAt(tokens, at + 1).slice(0, 2);
  return tokens[at].text === 'throw_in' ? argumentsAt(tokens, at + 1).slice(1, 3) : undefined;
}

/** `new ForetokenError(code, message)` */
function errorAt(tokens, at) {
  const isMade = tokens[at].text === 'ForetokenError' && tokens[at - 1]?.text === 'new' && isMark(tokens[at + 1], '(');
  return isMade ? argumentsAt(tokens, at + 1).slice(0, 2) : undefined;
}

/** `{ code: 'A', message }`, whose message may be called a sentence and may be a variable of that name. */
function problemAt(tokens, at) {
  const isCode = tokens[at].text === 'code' && isMark(tokens[at + 1], ':') && tokens[at + 2]?.kind === 'string';
  const open = isCode ? openingOf(tokens, at) : -1;
  if (open < 0) return undefined;
  const entries = splitAt(tokens.slice(open + 1, closingOf(tokens, open)), ',');
  const message = entryOf(entries, 'message') ?? entryOf(entries, 'sentence');
  return message && [entryOf(entries, 'code'), message];
}

/** The brace that a token is in; -1 where it is in another bracket or in none. */
function openingOf(tokens, at) {
  let depth = 0;
  for (let i = at - 1; i >= 0; i--) {
    if (isMark(tokens[i]) && ')]}'.includes(tokens[i].text)) depth++;
    else if (isMark(tokens[i]) && '([{'.includes(tokens[i].text) && depth-- === 0)
      return isMark(tokens[i], '{') ? i : -1;
  }
  return -1;
}

function entryOf(entries, key) {
  const entry = entries.find(([name, colon]) => name?.text === key && (colon === undefined || isMark(colon, ':')));
  return entry && (entry.length === 1 ? entry : entry.slice(2));
}
