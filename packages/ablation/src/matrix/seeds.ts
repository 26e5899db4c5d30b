import { formatProblem, type Json, type Path, type Source } from '@foretoken/core';
import type { AblationFile, AxisEntry, ReadAblation } from './ablation-file.ts';
import { isList } from './axes.ts';
import { type Setting, twoPlaces } from './setting.ts';

/** Seeds that every arm runs with, as settings; empty: the seed of the base. */
export function seedsOf({ source, file }: ReadAblation): {
  readonly seeds: readonly Setting[];
  readonly problems: readonly string[];
} {
  const axis = file.axes && Object.hasOwn(file.axes, 'seed') ? file.axes.seed : undefined;
  return { seeds: seedSettings(file, axis), problems: axis ? axisProblems(source, file, axis) : [] };
}

function seedSettings({ seeds }: AblationFile, axis: AxisEntry | undefined): Setting[] {
  if (seeds) return seeds.map((value, i) => ({ path: 'seed', value, at: ['seeds', i], keyAt: ['seeds'] }));
  if (axis === undefined) return [];
  const { values = [], at } = valuesOf(axis);
  return values.map((value, i) => ({ path: 'seed', value, at: [...at, i], keyAt: ['axes', 'seed'] }));
}

/** The values of an axis in either form, and where they stand. */
function valuesOf(axis: AxisEntry): { readonly values?: readonly Json[]; readonly at: Path } {
  const at: Path = ['axes', 'seed'];
  return isList(axis) ? { values: axis, at } : { values: axis.values, at: [...at, 'values'] };
}

function axisProblems(source: Source, { seeds }: AblationFile, axis: AxisEntry): string[] {
  if (seeds) return [formatProblem(source, ['axes', 'seed'], twoPlaces(source, 'seed', ['seeds']), 'key')];
  const { values, at } = valuesOf(axis);
  if (values === undefined || 'when' in axis) {
    const sentence = 'must be a list: every arm runs with every seed, so that arms are compared in pairs.';
    return [formatProblem(source, ['axes', 'seed'], sentence, 'key')];
  }
  return values.flatMap((value, i) => {
    if (Number.isSafeInteger(value) && (value as number) >= 0) return [];
    return [formatProblem(source, [...at, i], `must be an integer >= 0, was ${JSON.stringify(value)}.`)];
  });
}
