import { type ErrorCode, ForetokenError } from '@foretoken/engine/errors';
import { FORMAT_VERSION } from '../files/format-version.ts';
import type { Path } from '../plugins/problems.ts';
import { CONFIG_VERSION } from './experiment.ts';
import { type EntryPart, formatProblem, member, type Source } from './source-map.ts';
import { visible } from './visible.ts';

/** One mistake in a configuration, with its code and where it is. */
export interface ConfigProblem {
  readonly code: ErrorCode;
  readonly path: Path;
  /** Whether the key or its value is wrong. Default: the value. */
  readonly part?: EntryPart;
  readonly sentence: string;
}

/** Problems that are looked for and said; after so many, the rest wait for the next reading. */
export const MAX_PROBLEMS = 100;

/**
 * Throws every problem at once, if there is any, each as `file:line:column path: sentence`.
 *
 * @param mixed - the code where the problems' own codes differ
 * @throws the problems' code, or `mixed`
 */
export function throwProblems(
  source: Source,
  problems: readonly ConfigProblem[],
  mixed: ErrorCode = 'CONFIG_INVALID',
): void {
  if (problems.length === 0) return;
  const codes = new Set(problems.map(({ code }) => code));
  const sentences = inReadingOrder(source, problems.slice(0, MAX_PROBLEMS)).map(({ path, part, sentence }) =>
    formatProblem(source, path, sentence, part),
  );
  throw new ForetokenError(codes.size === 1 ? problems[0].code : mixed, together(source, sentences), {
    problems: sentences,
  });
}

/**
 * Refuses a text that does not parse, or that another release wrote.
 * @throws CONFIG_SYNTAX with every mistake of the text; FORMAT_VERSION
 */
export function refuseUnreadable(source: Source): void {
  if (source.errors.length > 0) {
    const problems = source.errors.map(({ position, sentence }) =>
      visible(`${source.path}:${position.line}:${position.column}: ${sentence}`),
    );
    throw new ForetokenError('CONFIG_SYNTAX', together(source, problems), { problems });
  }
  const version = member(source.value, 'formatVersion');
  if (typeof version !== 'number' || version === CONFIG_VERSION) return;
  const next =
    version === FORMAT_VERSION
      ? `, which only the whole record of a run has. Write ${CONFIG_VERSION}, or leave it out.`
      : '. Use the release of Foretoken that wrote the file.';
  const sentence = `must be ${CONFIG_VERSION}, was ${version}${next}`;
  throw new ForetokenError('FORMAT_VERSION', formatProblem(source, ['formatVersion'], sentence));
}

/** As they stand in the text; those of overrides, which stand nowhere, first. */
function inReadingOrder(source: Source, problems: readonly ConfigProblem[]): ConfigProblem[] {
  const placed = problems.map((problem) => ({ problem, at: source.locate(problem.path, problem.part) }));
  placed.sort((a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0));
  return placed.map(({ problem }) => problem);
}

const together = (source: Source, problems: readonly string[]): string =>
  problems.length === 1
    ? problems[0]
    : `${source.path} has ${problems.length} problems:\n${problems.map((problem) => `  ${problem}`).join('\n')}`;
