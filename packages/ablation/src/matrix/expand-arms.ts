import { didYouMean, formatProblem, type Json, member, type Path, type Source } from '@foretoken/core';
import type { AblationFile, ReadAblation } from './ablation-file.ts';
import { axisLabel } from './axis-label.ts';

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

/** An arm before it is resolved. */
export interface ArmSettings {
  readonly name: string;
  /** Shallow paths before deep ones: a head is chosen before its options are set. */
  readonly settings: readonly Setting[];
}

/** The matrix as settings. */
export interface ExpandedMatrix {
  /** The baseline comes first, the others follow in the order of the file. */
  readonly arms: readonly ArmSettings[];
  /** One setting of `seed` each; empty: the seed of the base. */
  readonly seeds: readonly Setting[];
  readonly problems: readonly string[];
}

/** More cells than this are a slip of the pen. */
const MAX_CELLS = 10_000;

/** What every arm shares, so that the comparison stays one, and why. */
const SHARED: Readonly<Record<string, string>> = {
  name: 'arms are named by `arms` and `axes`',
  formatVersion: 'it belongs to the file',
  plugins: 'packages are loaded once, for all arms; list them in the base',
  'model.maxOffset': 'every arm scores the same positions; set it in the base',
  seed: 'seeds are given by `seeds`',
};

/** Expands arms, axes and seeds; what is wrong comes beside, all of it, with its place. */
export function expandArms({ source, file }: ReadAblation): ExpandedMatrix {
  const { seed, ...axes } = file.axes ?? {};
  const problems = [...sharedPaths(source, file), ...repeatedNames(source, file), ...repeatedSeeds(source, file)];
  const count = cellCount(file);
  if (count > MAX_CELLS) {
    const sentence = `the matrix has ${count} cells; at most ${MAX_CELLS} are run. Take values from an axis.`;
    return { arms: [], seeds: [], problems: [...problems, formatProblem(source, ['axes'], sentence, 'key')] };
  }
  const arms = combine(file, axes);
  const conflicts = arms.flatMap((arm) => repeatedPaths(source, arm));
  return {
    arms: baselineFirst(arms, file.baseline),
    seeds: seedSettings(file, seed),
    problems: [
      ...problems,
      ...ambiguousNames(source, file, arms),
      ...new Set(conflicts),
      ...unknownBaseline(source, file, arms),
    ],
  };
}

function cellCount({ arms, axes = {}, seeds }: AblationFile): number {
  const combinations = Object.values(axes).reduce((product, values) => product * values.length, 1);
  return (arms?.length ?? 1) * combinations * (seeds?.length ?? 1);
}

function combine(file: AblationFile, axes: AblationFile['axes'] & object): ArmSettings[] {
  const shared: Setting[] =
    file.match === undefined ? [] : [{ path: 'model.match', value: file.match, at: ['match'], keyAt: ['match'] }];
  const combinations = gridOf(axes);
  return namedPatches(file).flatMap(({ name, settings }) =>
    combinations.map((combination) => ({
      name: [...name, ...combination.map(({ label }) => label)].join(', ') || 'base',
      settings: byDepth([...shared, ...settings, ...combination.map(({ setting }) => setting)]),
    })),
  );
}

function namedPatches({ arms }: AblationFile): { name: string[]; settings: Setting[] }[] {
  if (!arms) return [{ name: [], settings: [] }];
  return arms.map(({ name, set = {} }, i) => ({
    name: [name],
    settings: Object.entries(set).map(([path, value]) => ({
      path,
      value,
      at: ['arms', i, 'set', path],
      keyAt: ['arms', i, 'set', path],
    })),
  }));
}

type Coordinate = { readonly label: string; readonly setting: Setting };

/** Every combination of one value per axis, the last axis running fastest. */
function gridOf(axes: AblationFile['axes'] & object): Coordinate[][] {
  const paths = Object.keys(axes);
  return Object.entries(axes).reduce<Coordinate[][]>(
    (combinations, [path, values]) =>
      combinations.flatMap((combination) =>
        values.map((value, j) => [
          ...combination,
          {
            label: axisLabel(path, value, paths),
            setting: { path, value, at: ['axes', path, j], keyAt: ['axes', path] },
          },
        ]),
      ),
    [[]],
  );
}

const segments = (path: string): string[] => path.split('.');

const byDepth = (settings: readonly Setting[]): Setting[] =>
  settings.toSorted((a, b) => segments(a.path).length - segments(b.path).length);

function seedSettings({ seeds }: AblationFile, axis: readonly Json[] | undefined): Setting[] {
  if (seeds) return seeds.map((value, i) => ({ path: 'seed', value, at: ['seeds', i], keyAt: ['seeds'] }));
  return (axis ?? []).map((value, i) => ({ path: 'seed', value, at: ['axes', 'seed', i], keyAt: ['axes', 'seed'] }));
}

function baselineFirst(arms: readonly ArmSettings[], baseline: string | undefined): ArmSettings[] {
  const first = arms.filter(({ name }) => name === baseline);
  return [...first, ...arms.filter(({ name }) => name !== baseline)];
}

function sharedPaths(source: Source, file: AblationFile): string[] {
  const places: [string, Path][] = [
    ...(file.arms ?? []).flatMap(({ set = {} }, i) =>
      Object.keys(set).map((path): [string, Path] => [path, ['arms', i, 'set', path]]),
    ),
    ...Object.keys(file.axes ?? {})
      .filter((path) => path !== 'seed')
      .map((path): [string, Path] => [path, ['axes', path]]),
  ];
  return places
    .filter(([path]) => Object.hasOwn(SHARED, path))
    .map(([path, at]) => formatProblem(source, at, `may not differ between arms: ${SHARED[path]}.`, 'key'));
}

function repeatedNames(source: Source, { arms = [] }: AblationFile): string[] {
  return arms.flatMap(({ name }, i) => {
    const first = arms.findIndex((other) => other.name === name);
    if (first === i) return [];
    const other = source.describe(['arms', first, 'name']);
    const sentence = `${JSON.stringify(name)} is already the name of the arm at ${other}. Give each arm its own.`;
    return [formatProblem(source, ['arms', i, 'name'], sentence)];
  });
}

/** Two axis values, or an arm and an axis value, that read the same. */
function ambiguousNames(source: Source, { arms: named = [] }: AblationFile, arms: readonly ArmSettings[]): string[] {
  if (new Set(named.map(({ name }) => name)).size < named.length) return [];
  return arms.flatMap(({ name, settings }, i) => {
    if (arms.findIndex((other) => other.name === name) === i) return [];
    const sentence = `two arms would be named ${JSON.stringify(name)}. Give them values that differ, or name them in "arms".`;
    return [formatProblem(source, settings.at(-1)?.at ?? ['arms'], sentence)];
  });
}

function repeatedSeeds(source: Source, { seeds, axes = {} }: AblationFile): string[] {
  if (!seeds || !Object.hasOwn(axes, 'seed')) return [];
  return [formatProblem(source, ['axes', 'seed'], twoPlaces(source, 'seed', ['seeds']), 'key')];
}

/** Two settings of one arm that give one path a value, be it inside the value of the other. */
function repeatedPaths(source: Source, { settings }: ArmSettings): string[] {
  return settings.flatMap((setting, i) =>
    settings
      .slice(0, i)
      .filter((earlier) => gives(earlier, setting.path))
      .map((earlier) => formatProblem(source, setting.keyAt, twoPlaces(source, setting.path, earlier.keyAt), 'key')),
  );
}

const twoPlaces = (source: Source, path: string, at: Path): string =>
  `${path} gets a value at ${source.describe(at, 'key')} too. A path takes its value from one place: remove one of them.`;

function gives(setting: Setting, path: string): boolean {
  if (setting.path === path) return true;
  if (!path.startsWith(`${setting.path}.`)) return false;
  const rest = segments(path.slice(setting.path.length + 1));
  return rest.reduce<Json | undefined>((value, key) => member(value, key), setting.value) !== undefined;
}

function unknownBaseline(source: Source, { baseline }: AblationFile, arms: readonly ArmSettings[]): string[] {
  const names = arms.map(({ name }) => name);
  if (baseline === undefined || names.includes(baseline)) return [];
  const list = names.slice(0, 20).map((name) => JSON.stringify(name));
  const more = names.length > list.length ? ` and ${names.length - list.length} more` : '';
  const sentence = `no arm ${JSON.stringify(baseline)}.${didYouMean(baseline, names)} Arms: ${list.join(', ')}${more}.`;
  return [formatProblem(source, ['baseline'], sentence)];
}
