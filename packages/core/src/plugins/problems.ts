import type { ErrorObject } from 'ajv/dist/2020.js';
import { didYouMean } from './closest.ts';

/** Where in a value, as keys and indices from its root. */
export type Path = readonly (string | number)[];

/** One broken rule of a schema. */
export interface SchemaProblem {
  readonly path: Path;
  /** Points at the key rather than at its value: the key itself is what is wrong. */
  readonly atKey?: boolean;
  /** The rule and what was got, without who and where; ends in a full stop or a question mark. */
  readonly sentence: string;
}

/**
 * Says ajv's errors (made with `allErrors` and `verbose`) in our words, one per mistake: the branches of a union become
 * one sentence, or the problems of the branch that was probably meant.
 */
export function problemsOf(errors: readonly ErrorObject[]): SchemaProblem[] {
  const { unions, loose } = outermostUnions(errors);
  const mistyped = new Set(loose.filter(({ keyword }) => keyword === 'type').map(({ instancePath }) => instancePath));
  const found = [
    ...loose.filter((error) => !isEcho(error, mistyped)).map(problemOf),
    ...unions.flatMap((union) => unionProblems(union, errors)),
  ];
  const seen = new Set<string>();
  return found.filter((problem) => {
    const key = JSON.stringify([problem.path, problem.sentence]);
    return !seen.has(key) && seen.add(key);
  });
}

/** A value as it appears in a sentence: JSON, cut where it grows long. */
export function said(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** A JSON pointer's segments. Whether a number is an index or a key of digits, the pointer does not say, nor does it matter. */
function segments(pointer: string): (string | number)[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^(0|[1-9]\d*)$/.test(part) ? Number(part) : part));
}

/** The unions that stand in no other union, and the errors that belong to no union. */
function outermostUnions(errors: readonly ErrorObject[]): { unions: ErrorObject[]; loose: ErrorObject[] } {
  const all = errors.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf');
  const unions = all.filter((union) => !all.some((other) => other !== union && isInside(union, other)));
  return {
    unions,
    loose: errors.filter((error) => !unions.some((union) => error === union || isInside(error, union))),
  };
}

const isInside = (error: ErrorObject, union: ErrorObject): boolean =>
  error.schemaPath.startsWith(`${union.schemaPath}/`) && error.instancePath.startsWith(union.instancePath);

/**
 * Adds nothing: `if` repeats what its branch said; a property name's own error says it better; a value of the wrong type
 * breaks every other rule too.
 * @param mistyped - paths of values of the wrong type
 */
const isEcho = (error: ErrorObject, mistyped: ReadonlySet<string>): boolean =>
  error.keyword === 'if' ||
  error.propertyName !== undefined ||
  (error.keyword !== 'type' && mistyped.has(error.instancePath));

function unionProblems(union: ErrorObject, errors: readonly ErrorObject[]): SchemaProblem[] {
  const path = segments(union.instancePath);
  const branches = branchesOf(union, errors);
  const meant = branches.filter((branch) => couldBeMeant(branch, union.instancePath));
  if (meant.length > 0)
    return problemsOf(meant.reduce((best, branch) => (branch.length < best.length ? branch : best)));
  if (branches.length === 0) return [{ path, sentence: 'must match exactly one of its alternatives.' }];
  const wanted = branches.map((branch) => wantedOf(branch, union.instancePath));
  const values = wanted.flatMap((want) => want.values ?? []);
  // A word where a word may stand is a mistyped word.
  const isWord = typeof union.data === 'string' && values.some((value) => typeof value === 'string');
  if (isWord || wanted.every((want) => want.values)) return [{ path, sentence: oneOf(values, union.data) }];
  const names = wanted.flatMap((want) => want.names);
  return [{ path, sentence: `must be ${[...new Set(names)].join(' or ')}, was ${said(union.data)}.` }];
}

/** The errors of each branch of a union. */
function branchesOf(union: ErrorObject, errors: readonly ErrorObject[]): ErrorObject[][] {
  const byBranch = new Map<string, ErrorObject[]>();
  for (const error of errors) {
    if (error === union || !isInside(error, union)) continue;
    const branch = error.schemaPath.slice(union.schemaPath.length + 1).split('/')[0];
    byBranch.set(branch, [...(byBranch.get(branch) ?? []), error]);
  }
  return [...byBranch.values()];
}

/** The value is of the branch's type, and only something in it is wrong. */
function couldBeMeant(branch: readonly ErrorObject[], instancePath: string): boolean {
  const { unions, loose } = outermostUnions(branch);
  const isShapeError = (error: ErrorObject): boolean =>
    error.instancePath === instancePath && ['type', 'const', 'enum'].includes(error.keyword);
  if (loose.some(isShapeError)) return false;
  const here = unions.filter((union) => union.instancePath === instancePath);
  return here.every((union) => branchesOf(union, branch).some((inner) => couldBeMeant(inner, instancePath)));
}

/** What a branch asks for: in words, and as values where it is nothing but values. */
function wantedOf(branch: readonly ErrorObject[], instancePath: string): { names: string[]; values?: unknown[] } {
  const { unions, loose } = outermostUnions(branch);
  const here = unions.filter((union) => union.instancePath === instancePath);
  if (here.length > 0) {
    return {
      names: here.flatMap((union) => branchesOf(union, branch)).flatMap((inner) => wantedOf(inner, instancePath).names),
    };
  }
  const choice = loose.find(({ keyword }) => keyword === 'const' || keyword === 'enum');
  if (choice) {
    const values = choice.keyword === 'const' ? [choice.params.allowedValue] : choice.params.allowedValues;
    return { names: values.map(said), values };
  }
  const type = loose.find(({ keyword }) => keyword === 'type');
  return { names: [type ? typeName(type.params.type) : 'something else'] };
}

function problemOf(error: ErrorObject): SchemaProblem {
  const path = segments(error.instancePath);
  switch (error.keyword) {
    case 'required':
    case 'dependentRequired':
      return { path: [...path, error.params.missingProperty], sentence: 'is required.' };
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownKey(error, path);
    case 'propertyNames':
      return { path: [...path, error.params.propertyName], atKey: true, sentence: keySentence(error) };
    default:
      return { path, sentence: sentenceOf(error) };
  }
}

function unknownKey(error: ErrorObject, path: Path): SchemaProblem {
  const key: string = error.params.additionalProperty ?? error.params.unevaluatedProperty;
  const known = Object.keys(error.parentSchema?.properties ?? {}).sort();
  const hint = didYouMean(key, known);
  const list = known.length > 0 ? ` Known keys: ${known.join(', ')}.` : ' No key is known here.';
  return { path: [...path, key], atKey: true, sentence: `is not a known key.${hint}${list}` };
}

const keySentence = (error: ErrorObject): string => {
  const rule = (error.schema as { description?: string }).description;
  return rule ? `is not a valid name: ${rule}.` : 'is not a valid name.';
};

/** Sentences of the keywords that speak of the value itself. */
function sentenceOf(error: ErrorObject): string {
  const was = `was ${said(error.data)}.`;
  const { params } = error;
  switch (error.keyword) {
    case 'type':
      return `must be ${typeName(params.type)}, ${was}`;
    case 'enum':
      return oneOf(params.allowedValues, error.data);
    case 'const':
      return `must be ${said(params.allowedValue)}, ${was}`;
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `must be ${params.comparison} ${params.limit}, ${was}`;
    case 'multipleOf':
      return `must be a multiple of ${params.multipleOf}, ${was}`;
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return params.limit === 1 ? 'must not be empty.' : `must have at least ${params.limit} ${unit(error)}, ${was}`;
    case 'maxLength':
    case 'maxItems':
    case 'maxProperties':
      return `must have at most ${params.limit} ${unit(error)}, ${was}`;
    case 'uniqueItems':
      return `must not repeat an entry; entries ${Math.min(params.i, params.j)} and ${Math.max(params.i, params.j)} are the same.`;
    case 'pattern': {
      const rule = error.parentSchema?.description;
      return `must ${rule ? `be ${rule}` : `match ${params.pattern}`}, ${was}`;
    }
    default:
      return `${error.message ?? `breaks the rule "${error.keyword}"`}, ${was}`;
  }
}

const unit = (error: ErrorObject): string =>
  ({ Length: 'characters', Items: 'entries', Properties: 'keys' })[error.keyword.slice(3)] ?? '';

function oneOf(allowed: readonly unknown[], got: unknown): string {
  const names = allowed.filter((value) => typeof value === 'string');
  const hint = typeof got === 'string' ? didYouMean(got, names) : '';
  const rule = allowed.length === 1 ? said(allowed[0]) : `one of ${allowed.map(said).join(', ')}`;
  return `must be ${rule}, was ${said(got)}.${hint}`;
}

/** JSON Schema's type names with their article. */
function typeName(type: string | readonly string[]): string {
  const names: Record<string, string> = {
    object: 'a mapping',
    array: 'a list',
    string: 'a string',
    number: 'a finite number',
    integer: 'an integer',
    boolean: 'true or false',
    null: 'null',
  };
  return (typeof type === 'string' ? type.split(',') : type).map((name) => names[name] ?? name).join(' or ');
}
