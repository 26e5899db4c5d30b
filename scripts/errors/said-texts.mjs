import { endOfStatement } from './functions.mjs';
import { argumentsAt, closingOf, isMark, splitAt } from './lex.mjs';

/** Enough for every message of ours; more alternatives than this say nothing new. */
const MOST_TEXTS = 64;
const DEEPEST = 5;

/** What stands in a text for a value that is known when it runs. */
export const VALUE = '\u27e8\u27e9';

/**
 * The texts that an expression can be, as far as the sources say: literals, their sums, both sides of a condition, constants,
 * what functions of ours return, and what callers give for a parameter. Anything else is a {@link VALUE}.
 *
 * @param sources - the files in which callers and functions are looked for
 */
export function createReader(sources) {
  const named = new Map();
  const calls = new Map();
  for (const source of sources) {
    for (const each of source.functions) push(named, each.name, { source, each });
    source.tokens.forEach((token, at) => {
      if (token.kind === 'word' && isMark(source.tokens[at + 1], '(')) push(calls, token.text, { source, at });
    });
  }
  return {
    textsOf: (source, at, expression) => read({ named, calls }, { source, at, depth: 0, bound: {} }, expression),
  };
}

const push = (map, key, value) => map.set(key, [...(map.get(key) ?? []), value]);

function read(world, scope, expression) {
  const tokens = bare(expression);
  if (tokens.length === 0) return [];
  const [, ...branches] = splitCondition(tokens);
  if (branches.length > 0) return some(branches.flatMap((branch) => read(world, scope, branch)));
  const either = splitAt(tokens, '??', '||');
  if (either.length > 1) return some(either.flatMap((each) => read(world, scope, each)));
  const sum = splitAt(tokens, '+');
  if (sum.length > 1) return joined(sum.map((each) => read(world, scope, each)));
  if (tokens.length === 1) return one(world, scope, tokens[0]);
  return called(world, scope, tokens);
}

/** Without the brackets around it all. */
function bare(tokens) {
  const isWrapped = isMark(tokens[0], '(') && closingOf(tokens, 0) === tokens.length - 1;
  return isWrapped ? bare(tokens.slice(1, -1)) : tokens;
}

/** `a ? b : c` in three parts, c with the conditions that it holds in turn; otherwise the expression alone. */
function splitCondition(tokens) {
  const [condition, ...rest] = splitAt(tokens, '?');
  if (rest.length === 0) return [condition];
  const after = tokens.slice(condition.length + 1);
  let depth = 0;
  let at = 0;
  for (; at < after.length; at++) {
    if (['(', '[', '{'].includes(after[at].text) && after[at].kind === 'mark') at = closingOf(after, at);
    else if (isMark(after[at], '?')) depth++;
    else if (isMark(after[at], ':') && depth-- === 0) break;
  }
  return [condition, after.slice(0, at), after.slice(at + 1)];
}

function one(world, scope, token) {
  if (token.kind === 'string') return [token.value];
  if (token.kind === 'template') {
    return joined(token.parts.map((part) => (typeof part === 'string' ? [part] : read(world, scope, part))));
  }
  return token.kind === 'word' ? ofName(world, scope, token.text) : [VALUE];
}

function ofName(world, scope, name) {
  if (Object.hasOwn(scope.bound, name)) return scope.bound[name];
  if (scope.depth >= DEEPEST) return [VALUE];
  const around = enclosing(scope);
  const constant = constantNamed(scope, name, around);
  if (constant) return read(world, { ...scope, depth: scope.depth + 1 }, constant);
  for (const each of around) {
    const position = each.parameters.indexOf(name);
    if (position >= 0) return fromCallers(world, scope, each, position);
  }
  return [VALUE];
}

/** Functions around a place, the innermost first. */
const enclosing = ({ source, at }) =>
  source.functions.filter(({ first, last }) => first <= at && at <= last).sort((a, b) => b.first - a.first);

/** What a constant is: of the function around, else of the file. */
function constantNamed({ source, at }, name, around) {
  const { tokens } = source;
  for (const { first, last } of [...around, { first: 0, last: tokens.length - 1 }]) {
    for (let i = Math.min(last, at); i >= first; i--) {
      if (tokens[i].text !== name || tokens[i - 1]?.text !== 'const' || !isMark(tokens[i + 1], '=')) continue;
      return tokens.slice(i + 2, endOfStatement(tokens, i + 2));
    }
  }
  return undefined;
}

/** What every caller gives for a parameter: of the file, or of the package where others can call it. */
function fromCallers(world, scope, { name, open, isExported }, position) {
  const isCall = ({ source, at }) =>
    source === scope.source ? at + 1 !== open : isExported && packageOf(source) === packageOf(scope.source);
  const texts = (world.calls.get(name) ?? []).filter(isCall).flatMap(({ source, at }) => {
    const argument = argumentsAt(source.tokens, at + 1)[position];
    return argument ? read(world, { source, at, depth: scope.depth + 1, bound: {} }, argument) : [];
  });
  return texts.length > 0 ? some(texts) : [VALUE];
}

const packageOf = ({ file }) => file.split('/')[1];

/** `name(...)` of a function of the same file; other calls give values. */
function called(world, scope, tokens) {
  const [name, open] = tokens;
  const isWhole = name.kind === 'word' && isMark(open, '(') && closingOf(tokens, 1) === tokens.length - 1;
  if (!isWhole || scope.depth >= DEEPEST) return [VALUE];
  const all = world.named.get(name.text) ?? [];
  const found =
    all.find(({ source }) => source === scope.source) ??
    all.find((f) => packageOf(f.source) === packageOf(scope.source));
  if (!found) return [VALUE];
  const given = argumentsAt(tokens, 1);
  const bound = Object.fromEntries(
    found.each.parameters.flatMap((parameter, i) =>
      parameter && given[i] ? [[parameter, read(world, scope, given[i])]] : [],
    ),
  );
  const inside = { source: found.source, at: found.each.last, depth: scope.depth + 1, bound };
  const texts = found.each.results.flatMap((result) => read(world, inside, result));
  return texts.length > 0 ? some(texts) : [VALUE];
}

const some = (texts) => [...new Set(texts)].slice(0, MOST_TEXTS);

const joined = (parts) =>
  parts.reduce(
    (texts, part) => some(texts.flatMap((text) => (part.length > 0 ? part : [VALUE]).map((more) => text + more))),
    [''],
  );
