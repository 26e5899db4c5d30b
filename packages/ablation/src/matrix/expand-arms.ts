import { canonicalJson, didYouMean, formatProblem, type Json, type Path, type Source } from '@foretoken/core';
import type { AblationFile, Condition, ReadAblation } from './ablation-file.ts';
import { ARM, type Axis, axesOf, type Point, patchPoints, repeatedNames } from './axes.ts';
import { budgetProblems } from './budget.ts';
import { type ArmView, listed, matches, whyNone } from './condition.ts';
import type { ArmInspector } from './inspect-arm.ts';
import { seedsOf } from './seeds.ts';
import { repeatedPaths, type Setting } from './setting.ts';
import { sharedPaths } from './shared-paths.ts';

/** An arm before it is resolved. */
export interface ArmSettings {
  readonly name: string;
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

/** An arm with the points that it is made of, by axis. */
interface Combination extends ArmSettings {
  readonly labels: readonly string[];
  readonly names: ArmView['names'];
}

/** More cells than this are a slip of the pen. */
const MAX_CELLS = 10_000;

/**
 * Expands arms, axes and seeds; what is wrong comes beside, all of it, with its place.
 *
 * The number of cells is known, and too many are refused, before anything is combined.
 * @param inspect - completes an arm, for the conditions that are judged on it
 */
export function expandArms(ablation: ReadAblation, inspect: ArmInspector): ExpandedMatrix {
  const { source, file } = ablation;
  const { axes, problems: ofAxes } = axesOf(ablation);
  const { seeds, problems: ofSeeds } = seedsOf(ablation);
  const problems = [...ofAxes, ...ofSeeds, ...fileProblems(ablation, axes)];
  const nothing = (more: readonly string[]) => ({ arms: [], seeds: [], problems: [...problems, ...more] });
  if (ofAxes.length > 0) return nothing([]);
  const matrix = combine(ablation, axes, Math.max(1, seeds.length), inspect);
  if (matrix.problems.length > 0) return nothing(matrix.problems);
  const excluded = exclude(ablation, matrix.arms, inspect);
  const included = include(file);
  const arms = [...excluded.arms, ...included];
  const baseline = baselineFirst(ablation, arms, inspect);
  const conflicts = arms.flatMap(({ settings }) => repeatedPaths(source, settings));
  return {
    arms: baseline.arms,
    seeds,
    problems: [
      ...problems,
      ...ambiguousNames(source, file, arms),
      ...new Set(conflicts),
      ...excluded.problems,
      ...repeatedArms(source, excluded.arms, included, inspect),
      ...baseline.problems,
    ],
  };
}

/** What is wrong whatever the matrix comes to. */
function fileProblems({ source, file }: ReadAblation, axes: readonly Axis[]): string[] {
  const { arms = [], include: others = [] } = file;
  const points = [...axes.flatMap((axis) => axis.points), ...patchPoints(others, ['include'], '')];
  return [
    ...sharedPaths(source, points),
    ...repeatedNames(source, arms, ['arms'], 'arm'),
    ...repeatedNames(source, others, ['include'], 'arm'),
    ...budgetProblems(source, file, points),
  ];
}

const viewOf = ({ settings, names }: Combination, inspect: ArmInspector): ArmView => ({
  experiment: inspect(settings).experiment as unknown as Json,
  names,
});

/** Every combination of one point per axis that applies, the last axis running fastest. */
function combine({ source, file }: ReadAblation, axes: readonly Axis[], numSeeds: number, inspect: ArmInspector) {
  const numIncluded = file.include?.length ?? 0;
  const most = (axes.reduce((product, { points }) => product * points.length, 1) + numIncluded) * numSeeds;
  const isConditional = axes.some(({ when }) => when);
  const tooMany = (said: string) => ({ arms: [], problems: [formatProblem(source, placeOf(file), said, 'key')] });
  if (most > MAX_CELLS && !isConditional) return tooMany(tooManyCells(`${most} cells`, file));
  let arms: readonly Combination[] = [{ name: '', labels: [], names: {}, settings: matchSetting(file) }];
  const problems: string[] = [];
  for (const axis of axes) {
    const { when, points } = axis;
    const fits = arms.map((arm) => !when || matches(when, viewOf(arm, inspect)));
    const numFitting = fits.filter(Boolean).length;
    if ((arms.length + numFitting * (points.length - 1) + numIncluded) * numSeeds > MAX_CELLS) {
      return tooMany(tooManyCells(`more than ${MAX_CELLS} cells, up to ${most}`, file));
    }
    if (when && numFitting === 0) problems.push(uselessWhen(source, axis, when, arms, inspect));
    arms = arms.flatMap((arm, i) => (fits[i] ? points.map((point) => extended(arm, axis.key, point)) : [arm]));
  }
  return { arms: arms.map((arm) => ({ ...arm, name: arm.labels.join(', ') || 'base' })), problems };
}

const placeOf = ({ axes, arms }: AblationFile): Path => (axes ? ['axes'] : arms ? ['arms'] : ['include']);

const tooManyCells = (count: string, { exclude: excluded }: AblationFile): string =>
  `the matrix has ${count}${excluded ? ' before `exclude`' : ''}; at most ${MAX_CELLS} are run. Take values from an axis.`;

const matchSetting = ({ match }: AblationFile): Setting[] =>
  match === undefined ? [] : [{ path: 'model.match', value: match, at: ['match'], keyAt: ['match'] }];

function extended({ name, labels, names, settings }: Combination, key: string, point: Point): Combination {
  return {
    name,
    labels: [...labels, point.label],
    names: point.patch === undefined ? names : { ...names, [key]: point.patch },
    settings: [...settings, ...point.settings],
  };
}

function uselessWhen(source: Source, axis: Axis, when: Condition, arms: readonly Combination[], inspect: ArmInspector) {
  const reason = whyNone(
    when,
    arms.map((arm) => viewOf(arm, inspect)),
  );
  const sentence = `fits no arm of the base and the axes above it: ${reason}`;
  return formatProblem(source, [...axis.at, 'when'], sentence, 'key');
}

/** Leaves out what fits a condition; one that nothing fits is a slip of the pen. */
function exclude({ source, file }: ReadAblation, arms: readonly Combination[], inspect: ArmInspector) {
  const { exclude: conditions = [] } = file;
  if (conditions.length === 0) return { arms, problems: [] };
  const views = arms.map((arm) => viewOf(arm, inspect));
  const problems = conditions.flatMap((condition, i) => {
    const at: Path = ['exclude', i];
    if (Object.hasOwn(condition, 'seed')) {
      return [formatProblem(source, [...at, 'seed'], 'every arm runs with every seed; leave it out.', 'key')];
    }
    if (views.some((view) => matches(condition, view))) return [];
    return [formatProblem(source, at, `excludes nothing: ${whyNone(condition, views)}`)];
  });
  const left = arms.filter((_, i) => !conditions.some((condition) => matches(condition, views[i])));
  if (left.length > 0 || problems.length > 0) return { arms: left, problems };
  const sentence = `excludes all ${arms.length} combinations. Leave some of them in.`;
  return { arms: left, problems: [formatProblem(source, ['exclude'], sentence, 'key')] };
}

/** Arms of their own, which meet no axis. */
function include(file: AblationFile): Combination[] {
  return patchPoints(file.include ?? [], ['include'], '').map(({ label, settings }) => ({
    ...{ name: label, labels: [label], names: { [ARM]: label } },
    settings: [...matchSetting(file), ...settings],
  }));
}

/** What is included and there already adds nothing. */
function repeatedArms(
  source: Source,
  arms: readonly Combination[],
  included: readonly Combination[],
  inspect: ArmInspector,
): string[] {
  if (included.length === 0) return [];
  const known = new Map<string, string>();
  const keyOf = ({ settings }: Combination) => canonicalJson({ ...inspect(settings).experiment });
  for (const arm of arms) known.set(keyOf(arm), arm.name);
  return included.flatMap((arm, i) => {
    const key = keyOf(arm);
    const twin = known.get(key);
    known.set(key, arm.name);
    if (twin === undefined) return [];
    const sentence = `adds nothing: it is the same as the arm ${JSON.stringify(twin)}. Give it values of its own.`;
    return [formatProblem(source, ['include', i], sentence)];
  });
}

/** Two axis values, or an arm and an axis value, that read the same. */
function ambiguousNames(source: Source, file: AblationFile, arms: readonly Combination[]): string[] {
  const named = (file.arms ?? []).map(({ name }) => name);
  if (new Set(named).size < named.length) return [];
  const seen = new Set<string>();
  return arms.flatMap(({ name, settings }) => {
    if (!seen.has(name)) return seen.add(name) && [];
    const sentence = `two arms would be named ${JSON.stringify(name)}. Give them values that differ, or name them in "arms".`;
    return [formatProblem(source, settings.at(-1)?.at ?? ['arms'], sentence)];
  });
}

function baselineFirst({ source, file: { baseline } }: ReadAblation, arms: Combination[], inspect: ArmInspector) {
  if (baseline === undefined) return { arms, problems: [] };
  const views = typeof baseline === 'string' ? [] : arms.map((arm) => viewOf(arm, inspect));
  const isBaseline = (arm: Combination, i: number): boolean =>
    typeof baseline === 'string' ? arm.name === baseline : matches(baseline, views[i]);
  const first = arms.filter(isBaseline);
  const ordered = [...first, ...arms.filter((arm, i) => !isBaseline(arm, i))];
  if (first.length === 1 || (first.length > 1 && typeof baseline === 'string')) return { arms: ordered, problems: [] };
  const names = (some: readonly Combination[]) => listed(some.map(({ name }) => JSON.stringify(name)));
  const sentence =
    typeof baseline === 'string'
      ? `no arm ${JSON.stringify(baseline)}.${didYouMean(baseline, new Set(arms.map(({ name }) => name)))} Arms: ${names(arms)}.`
      : first.length === 0
        ? `is no arm of the matrix: ${whyNone(baseline, views)}`
        : `must be one arm, was ${first.length}: ${names(first)}. Name more of its values.`;
  return { arms: ordered, problems: [formatProblem(source, ['baseline'], sentence)] };
}
