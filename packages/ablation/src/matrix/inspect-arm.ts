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
import { byDepth, type Setting } from './setting.ts';

/** What resolving needs: both files with their places, and every plugin. */
export interface ResolveContext {
  readonly ablation: Source;
  /** The base experiment: a file of its own, or a part of the ablation's. */
  readonly base: Source;
  readonly registry: Registry;
  /** Folder that the path of a base run starts from. */
  readonly baseDirectory: string;
}

/** What the base with some settings over it amounts to. */
export interface InspectedArm {
  /** Worth something only without problems; undefined where a setting leads nowhere. */
  readonly experiment?: Experiment;
  /** Each with its place in the file that it comes from. */
  readonly problems: readonly string[];
}

/** Completes and checks the base under settings. The same list of settings is looked at once. */
export type ArmInspector = (settings: readonly Setting[]) => InspectedArm;

/** Makes the inspector of one plan. */
export function createArmInspector(context: ResolveContext): ArmInspector {
  const known = new WeakMap<readonly Setting[], InspectedArm>();
  return (settings) => {
    const inspected = known.get(settings) ?? inspectArm(context, settings);
    known.set(settings, inspected);
    return inspected;
  };
}

function inspectArm({ ablation, base, registry, baseDirectory }: ResolveContext, given: readonly Setting[]) {
  const settings = byDepth(given);
  const { source, problems } = putOver(base, settings, ablation);
  if (problems.length > 0) return { problems };
  const located = { ...source, describe: describeIn(ablation, base, settings) };
  const inspected = inspectExperiment(located, registry, baseDirectory);
  return {
    experiment: inspected.experiment,
    problems: inspected.problems.map((problem) => saidProblem(located, problem)),
  };
}

function putOver(base: Source, settings: readonly Setting[], ablation: Source) {
  let source = base;
  const problems: string[] = [];
  for (const setting of settings) {
    try {
      source = applyOverrides(withDecoders(source, setting), [setting]);
    } catch (error) {
      if (!isForetokenError(error)) throw error;
      problems.push(
        ...error.problems.map((problem) => `${ablation.describe(setting.keyAt, 'key')} ${stripPlace(problem)}`),
      );
    }
  }
  return { source, problems };
}

/** A setting inside a decoder that the base has by default, and so does not write: it changes that one, and keeps both. */
function withDecoders(source: Source, { path }: Setting): Source {
  if (!path.startsWith('decoders.') || member(source.value, 'decoders') !== undefined) return source;
  const horizon = member(member(member(source.value, 'model'), 'head'), 'horizon');
  const decoders: Json = horizon === 1 ? { greedy: 'greedy' } : { greedy: 'greedy', speculative: 'speculative' };
  return { ...source, value: { ...(source.value as object), decoders } as Json };
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
