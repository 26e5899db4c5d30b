import { formatProblem, type Json, member, type Path, type Source } from '@foretoken/core';

/** One value put over the base experiment, and where the file says so. */
export interface Setting {
  /** Keys joined by dots. */
  readonly path: string;
  readonly value: Json;
  /** The value in the ablation file. */
  readonly at: Path;
  /** Its path in the ablation file, where that is written as a key. */
  readonly keyAt: Path;
}

/** Shallow paths before deep ones: a head is chosen before its options are set. */
export const byDepth = (settings: readonly Setting[]): Setting[] =>
  settings.toSorted((a, b) => segments(a.path).length - segments(b.path).length);

const segments = (path: string): string[] => path.split('.');

/** Two settings of one arm that give one path a value, be it inside the value of the other. */
export function repeatedPaths(source: Source, settings: readonly Setting[]): string[] {
  return settings.flatMap((setting, i) =>
    settings
      .slice(0, i)
      .filter((earlier) => gives(earlier, setting.path))
      .map((earlier) => formatProblem(source, setting.keyAt, twoPlaces(source, setting.path, earlier.keyAt), 'key')),
  );
}

/** The sentence on a path that has a value at `at` already. */
export const twoPlaces = (source: Source, path: string, at: Path): string =>
  `${path} gets a value at ${source.describe(at, 'key')} too. A path takes its value from one place: remove one of them.`;

/** Whether a setting says what stands at a path: there itself, or inside its own value. */
export function gives(setting: Setting, path: string): boolean {
  if (setting.path === path) return true;
  if (!path.startsWith(`${setting.path}.`)) return false;
  const rest = segments(path.slice(setting.path.length + 1));
  return rest.reduce<Json | undefined>((value, key) => member(value, key), setting.value) !== undefined;
}
