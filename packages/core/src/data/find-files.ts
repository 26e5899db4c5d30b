import { isAbsolute, parse, posix, relative, resolve, sep } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import { convertPathToPattern, glob } from 'tinyglobby';
import { byId } from './split.ts';

/** A file that a pattern matched. */
export interface FoundFile {
  /** POSIX path relative to the base folder. */
  readonly id: string;
  readonly path: string;
}

/** Where patterns start from, and what they leave out. */
export interface FindOptions {
  readonly baseDirectory: string;
  /** Relative to `baseDirectory`, or absolute; one that begins with `**` leaves such paths out wherever they are. */
  readonly exclude?: readonly string[];
}

/**
 * Finds files by glob patterns; symbolic links are neither followed nor listed, hidden files are.
 * @param owner - who asks, for the error
 * @param patterns - relative to `baseDirectory`, or absolute; a folder means all in it
 * @returns each file once, in the order of its id
 * @throws DATA_NO_MATCH naming every pattern that matches nothing
 */
export async function findFiles(
  owner: string,
  patterns: readonly string[],
  { baseDirectory, exclude = [] }: FindOptions,
): Promise<FoundFile[]> {
  const base = resolve(baseDirectory);
  const found = new Map<string, FoundFile>();
  const unmatched: string[] = [];
  for (const pattern of patterns) {
    const paths = await globFrom(base, pattern, exclude);
    if (paths.length === 0) unmatched.push(pattern);
    for (const path of paths) {
      const id = relative(base, path).split(sep).join('/');
      found.set(id, { id, path });
    }
  }
  if (unmatched.length > 0) throw noMatch(owner, unmatched, base, exclude);
  return [...found.values()].sort(byId);
}

/** tinyglobby takes `/a/**` for `../**` when it starts in `/a/b`, and misses what lies in there: so it starts at the root. */
function globFrom(base: string, pattern: string, exclude: readonly string[]): Promise<string[]> {
  const { root } = parse(base);
  return glob(absolutePattern(base, pattern), {
    cwd: root,
    ignore: exclude.map((left) =>
      left.startsWith('**') ? convertPathToPattern(root) + left : absolutePattern(base, left),
    ),
    absolute: true,
    dot: true,
    onlyFiles: true,
    followSymbolicLinks: false,
  });
}

const absolutePattern = (base: string, pattern: string) =>
  isAbsolute(pattern) ? pattern : posix.join(convertPathToPattern(base), pattern);

function noMatch(
  owner: string,
  unmatched: readonly string[],
  base: string,
  exclude: readonly string[],
): ForetokenError {
  const problems = unmatched.map((pattern) => `dataset "${owner}": no file matches "${pattern}" in ${base}`);
  const excluded = exclude.length > 0 ? ' once `exclude` is taken away' : '';
  return new ForetokenError(
    'DATA_NO_MATCH',
    `${problems.join('; ')}${excluded}. Check the patterns: they start from the folder of the configuration file.`,
    { problems },
  );
}
