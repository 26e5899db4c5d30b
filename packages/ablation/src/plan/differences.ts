import { canonicalJson, type Experiment, type Json } from '@foretoken/core';
import { axisLabel } from '../matrix/axis-label.ts';

/** One place in which a complete experiment is not as the baseline's. */
export interface Difference {
  /** Keys joined by dots. */
  readonly path: string;
  /** Undefined where the baseline, or the arm, has nothing there. */
  readonly baseline?: Json;
  readonly arm?: Json;
}

/** Its horizon belongs to the model, whichever head it names. */
const HEAD = 'model.head';

/** Follow the number of steps, and are not worth naming beside it. */
const FOLLOWS_STEPS: ReadonlySet<string> = new Set(
  ['warmupSteps', 'checkpointEvery', 'validateEvery'].map((key) => `training.${key}`),
);

/**
 * Where two complete experiments differ, in the order of the file format. A plugin of another name is one difference
 * with all of its options; one of the same name is looked into. Names and seeds are no differences.
 */
export function differences(baseline: Experiment, arm: Experiment): Difference[] {
  const plain = (experiment: Experiment) => ({ ...experiment, name: '', seed: 0 }) as unknown as Json;
  return compare(plain(baseline), plain(arm), '');
}

/**
 * As the arms of a plan are labelled: `head=linear`, `+decoders.tree`, `-decoders.speculative`. What is added is told with
 * its value where arms add different ones.
 * @returns one list of labels per arm
 */
export function differenceLabels(arms: readonly (readonly Difference[])[]): string[][] {
  const all = arms.flat();
  const paths = [...new Set(all.map(({ path }) => path))];
  const added = new Map<string, Set<string>>();
  for (const { path, arm } of all) {
    if (arm !== undefined) added.set(path, (added.get(path) ?? new Set()).add(canonicalJson(arm)));
  }
  const labelOf = ({ path, baseline, arm }: Difference): string => {
    if (arm === undefined) return `-${path}`;
    if (baseline !== undefined) return axisLabel(path, arm, paths);
    return added.get(path)!.size > 1 ? `+${axisLabel(path, arm, [path])}` : `+${path}`;
  };
  return arms.map((found) => {
    const isLonger = found.some(({ path }) => path === 'training.steps');
    return found.filter(({ path }) => !(isLonger && FOLLOWS_STEPS.has(path))).map(labelOf);
  });
}

function compare(baseline: Json | undefined, arm: Json | undefined, path: string): Difference[] {
  if (path === HEAD && isMapping(baseline) && isMapping(arm) && isOtherPlugin(baseline, arm)) {
    const [{ horizon: was, ...before }, { horizon: is, ...after }] = [baseline, arm];
    return [{ path, baseline: before, arm: after }, ...compare(was, is, `${path}.horizon`)];
  }
  if (!isMapping(baseline) || !isMapping(arm) || isOtherPlugin(baseline, arm)) {
    if (baseline !== undefined && arm !== undefined && canonicalJson(baseline) === canonicalJson(arm)) return [];
    return [{ path, ...(baseline !== undefined && { baseline }), ...(arm !== undefined && { arm }) }];
  }
  const keys = [...new Set([...Object.keys(baseline), ...Object.keys(arm)])];
  return keys.flatMap((key) => compare(baseline[key], arm[key], path === '' ? key : `${path}.${key}`));
}

const isOtherPlugin = (a: Mapping, b: Mapping): boolean =>
  typeof a.name === 'string' && typeof b.name === 'string' && a.name !== b.name;

type Mapping = { readonly [key: string]: Json };

const isMapping = (value: Json | undefined): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
