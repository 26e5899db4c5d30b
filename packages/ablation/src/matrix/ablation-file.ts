import {
  type CONFIG_VERSION,
  compileSchema,
  ForetokenError,
  formatProblem,
  type Json,
  type MatchName,
  parseSource,
  problemsOf,
  readConfigFile,
  refuseUnreadable,
  type Source,
} from '@foretoken/core';
import type { PruningSettings } from '../pruning/read-pruning.ts';
import { ablationSchema } from './ablation-schema.ts';
import { visible } from './visible.ts';

/** Values by path, put over the base experiment together. */
export type Patch = { readonly [path: string]: Json };

/** A patch with the name that its arm has. */
export interface NamedPatch {
  readonly name: string;
  readonly set?: Patch;
}

/** What an arm must have, by path or by the name of an axis: every entry, each by one of its values. */
export type Condition = { readonly [key: string]: Json };

/** An axis: the values of the path that it is named by, or one of the three long forms. */
export type AxisEntry = readonly Json[] | LongAxis;

/** Exactly one of `values`, `zip` and `patches`. */
export interface LongAxis {
  readonly values?: readonly Json[];
  /** Lists of equal length by path, walked together. */
  readonly zip?: { readonly [path: string]: readonly Json[] };
  readonly patches?: readonly NamedPatch[];
  /** Judged on the base, the named arm and the axes above; an arm that does not fit goes without this axis. */
  readonly when?: Condition;
}

/** How long every arm trains: one of the three. */
export interface Budget {
  readonly steps?: number;
  readonly tokens?: number;
  readonly minutes?: number;
}

/** An ablation as people write it. */
export interface AblationFile {
  readonly formatVersion?: typeof CONFIG_VERSION;
  readonly name: string;
  /** An experiment: a path from the file's folder, or the experiment itself. */
  readonly base: string | { readonly [key: string]: Json };
  /** Named patches; every one meets every combination of the axes. */
  readonly arms?: readonly NamedPatch[];
  /** By path, or by a name of the author's for `zip` and `patches`. */
  readonly axes?: { readonly [key: string]: AxisEntry };
  /** Combinations that are left out. */
  readonly exclude?: readonly Condition[];
  /** Arms beside the combinations. */
  readonly include?: readonly NamedPatch[];
  /** Default: the seed of the base. */
  readonly seeds?: readonly number[];
  /** The arm that the others are compared with, by name or by what it alone has; default: the first. */
  readonly baseline?: string | Condition;
  /** The same as the path `model.match`, for all arms: what is made equal between them. */
  readonly match?: MatchName;
  readonly budget?: Budget;
  /** How arms are stopped before their end; default: none is. */
  readonly pruning?: PruningSettings;
  /** Folder of the results, from the file's folder. */
  readonly output: string;
}

/** Problems that are looked for and said; after so many, the rest wait for the next reading. */
export const MAX_PROBLEMS = 100;

/** Errors of the schema that are looked at: some three make one problem. */
const MAX_ERRORS = 400;

/** A parsed ablation file with the places of its values. */
export interface ReadAblation {
  readonly source: Source;
  readonly file: AblationFile;
}

/**
 * Reads an ablation file and checks its form.
 *
 * @throws CONFIG_NOT_FOUND, CONFIG_SYNTAX, FORMAT_VERSION
 * @throws ABLATION_INVALID with every problem, each as file:line:column
 */
export function readAblation(path: string): ReadAblation {
  const source = parseSource(readConfigFile(path), path);
  refuseUnreadable(source);
  const validate = compileSchema<AblationFile>(ablationSchema, { isTested: true });
  const value: unknown = structuredClone(source.value);
  if (validate(value)) return { source, file: value };
  // So many are said, and the rest wait for the next reading: comparing them takes the square of their number.
  const problems = problemsOf((validate.errors ?? []).slice(0, MAX_ERRORS)).map(({ path: where, atKey, sentence }) => {
    const part = atKey ? 'key' : 'value';
    return { at: source.locate(where, part), said: formatProblem(source, where, sentence, part) };
  });
  problems.sort((a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0));
  throw ablationInvalid(problems.map(({ said }) => said));
}

/** The error of one or more problems, each already with its place. */
export function ablationInvalid(found: readonly string[]): ForetokenError {
  const problems = found.slice(0, MAX_PROBLEMS).map(visible);
  return new ForetokenError('ABLATION_INVALID', problems.join('\n'), { problems });
}
