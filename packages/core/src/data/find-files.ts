import { relative, resolve, sep } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import { glob } from 'tinyglobby';
import { byId } from './split.ts';

/** A file that a pattern matched. */
export interface FoundFile {
  /** POSIX path relative to the base folder. */
  readonly id: string;
  readonly path: string;
}

/**
 * Finds files by glob patterns; symbolic links are neither followed nor listed, hidden files are.
 * @param patterns - relative to `baseDirectory`, or absolute; a folder means all in it
 * @returns each file once, in the order of its id
 * @throws DATA_NO_MATCH naming every pattern that matches nothing
 */
export async function findFiles(
  owner: string,
  patterns: readonly string[],
  { baseDirectory, exclude = [] }: { readonly baseDirectory: string; readonly exclude?: readonly string[] },
): Promise<FoundFile[]> {
  const cwd = resolve(baseDirectory);
  const found = new Map<string, FoundFile>();
  const unmatched: string[] = [];
  for (const pattern of patterns) {
    const paths = await glob(pattern, {
      cwd,
      ignore: exclude,
      absolute: true,
      dot: true,
      onlyFiles: true,
      followSymbolicLinks: false,
    });
    if (paths.length === 0) unmatched.push(pattern);
    for (const path of paths) {
      const id = relative(cwd, path).split(sep).join('/');
      found.set(id, { id, path });
    }
  }
  if (unmatched.length > 0) {
    const problems = unmatched.map((pattern) => `dataset "${owner}": no file matches "${pattern}" in ${cwd}`);
    const excluded = exclude.length > 0 ? ' once `exclude` is taken away' : '';
    throw new ForetokenError(
      'DATA_NO_MATCH',
      `${problems.join('; ')}${excluded}. Patterns start from the folder of the configuration file.`,
      { problems },
    );
  }
  return [...found.values()].sort(byId);
}
