import {
  applyOverrides,
  type ConfigProblem,
  type EntryPart,
  type Experiment,
  formatProblem,
  inspectExperiment,
  isForetokenError,
  type Json,
  member,
  type Path,
  type Registry,
  type Source,
} from '@foretoken/core';
import type { ArmSettings, Setting } from './expand-arms.ts';
import { matchTokens, stepsOfItsOwn } from './match-tokens.ts';

/** What resolving needs: both files with their places, and every plugin. */
export interface ResolveContext {
  readonly ablation: Source;
  /** The base experiment: a file of its own, or a part of the ablation's. */
  readonly base: Source;
  readonly registry: Registry;
  /** Folder that the path of a base run starts from. */
  readonly baseDirectory: string;
}

/** One arm with one seed: a complete experiment. */
export interface ResolvedCell {
  readonly arm: string;
  readonly experiment: Experiment;
}

/**
 * Resolves every arm with every seed into a complete experiment.
 *
 * All share one `maxOffset`, the largest horizon of any arm (or what the base sets, if that is more): every arm drops
 * the same targets and so scores the same positions. Arms that are matched by steps train on the baseline's number of
 * tokens (see {@link matchTokens}).
 * @param seeds - settings of `seed`; empty: the seed of the base
 * @returns the cells, arm by arm, worth something only without problems; each problem says its place in the file that
 * it comes from, once
 */
export function resolveArms(
  context: ResolveContext,
  arms: readonly ArmSettings[],
  seeds: readonly Setting[],
): { readonly cells: readonly ResolvedCell[]; readonly problems: readonly string[] } {
  const problems = new Set<string>();
  const resolved = arms.map(({ name, settings }) => ({ name, settings, ...resolveArm(context, settings) }));
  for (const arm of resolved) for (const problem of arm.problems) problems.add(problem);
  const experiments = resolved.flatMap(({ experiment }) => experiment ?? []);
  const maxOffset = Math.max(...experiments.map(({ model }) => model.maxOffset));
  const baseline = resolved[0]?.experiment;
  const cells = resolved.flatMap(({ name, settings, experiment }) => {
    if (!experiment || !baseline) return [];
    for (const problem of stepsOfItsOwn(context.ablation, baseline, { experiment, settings })) problems.add(problem);
    const matched = scoring(matchTokens(baseline, experiment), maxOffset);
    return withSeeds(matched, seeds).map((seeded) => ({ arm: name, experiment: seeded }));
  });
  return { cells, problems: [...problems] };
}

function withSeeds(experiment: Experiment, seeds: readonly Setting[]): Experiment[] {
  if (seeds.length === 0) return [experiment];
  return seeds.map(({ value }) => ({ ...experiment, seed: value as number }));
}

const scoring = (experiment: Experiment, maxOffset: number): Experiment => ({
  ...experiment,
  model: { ...experiment.model, maxOffset },
});

function resolveArm(
  { ablation, base, registry, baseDirectory }: ResolveContext,
  settings: readonly Setting[],
): { experiment?: Experiment; problems: readonly string[] } {
  let source = base;
  const problems: string[] = [];
  for (const setting of settings) {
    try {
      source = applyOverrides(source, [setting]);
    } catch (error) {
      if (!isForetokenError(error)) throw error;
      problems.push(
        ...error.problems.map((problem) => `${ablation.describe(setting.keyAt, 'key')} ${stripPlace(problem)}`),
      );
    }
  }
  if (problems.length > 0) return { problems };
  const located = { ...source, describe: describeIn(ablation, base, settings) };
  const inspected = inspectExperiment(located, registry, baseDirectory);
  if (inspected.problems.length === 0) return { experiment: inspected.experiment, problems };
  return { problems: inspected.problems.map((problem) => saidProblem(located, problem)) };
}

const saidProblem = (source: Source, { path, part, sentence }: ConfigProblem): string =>
  formatProblem(source, path, sentence, part);

/** An override says `(override model.head.horizon) ...`; here the place in the file is said instead. */
const stripPlace = (problem: string): string => problem.replace(/^\(override [^)]*\) /, '');

/** Names the place of a value: in the ablation file if a setting put it there, else in the base. */
function describeIn(ablation: Source, base: Source, settings: readonly Setting[]): Source['describe'] {
  return (where: Path, part?: EntryPart) => {
    const keys = where.map(String);
    const own = settings.findLast(({ path }) => startsWith(keys, path.split('.')));
    if (own) {
      const inside = where.slice(own.path.split('.').length);
      return inside.length === 0 && part === 'key'
        ? ablation.describe(own.keyAt, 'key')
        : ablation.describe([...own.at, ...inside], part);
    }
    const below = settings.find(({ path }) => startsWith(path.split('.'), keys));
    return below && !has(base.value, where) ? ablation.describe(below.keyAt, 'key') : base.describe(where, part);
  };
}

const startsWith = (path: readonly string[], prefix: readonly string[]): boolean =>
  prefix.every((key, i) => path[i] === key);

const has = (value: Json | undefined, path: Path): boolean =>
  path.reduce<Json | undefined>((current, key) => member(current, key), value) !== undefined;
