import { formatProblem, type Source } from '@foretoken/core';
import type { Point } from './axes.ts';

/** What every arm shares, so that the comparison stays one, and why. */
const SHARED: Readonly<Record<string, string>> = {
  name: 'arms are named by `arms` and `axes`',
  formatVersion: 'it belongs to the file',
  plugins: 'packages are loaded once, for all arms; list them in the base',
  'model.maxOffset': 'every arm scores the same positions; set it in the base',
  seed: 'seeds are given by `seeds`',
};

/** Settings of what may not differ between arms. */
export function sharedPaths(source: Source, points: readonly Point[]): string[] {
  return points
    .flatMap(({ settings }) => settings)
    .filter(({ path }) => Object.hasOwn(SHARED, path))
    .map(({ path, keyAt }) => [keyAt, `may not differ between arms: ${SHARED[path]}.`] as const)
    .map(([at, sentence]) => formatProblem(source, at, sentence, 'key'))
    .filter((problem, i, all) => all.indexOf(problem) === i);
}
