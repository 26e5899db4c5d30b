import { type Comparison, compareArms, FAMILY_LEVEL, type Verdict } from '../../statistics/compare-arms.ts';
import { holm } from '../../statistics/holm.ts';
import { smallestStandardizedEffect } from '../../statistics/power.ts';
import type { Entry, Part } from '../entry.ts';
import type { Fact } from '../facts.ts';
import type { FactKey } from '../query.ts';
import type { Side } from './operand.ts';

/** A value that two sides do not share; undefined where a side has none. */
export interface Difference {
  readonly path: string;
  readonly a?: Fact;
  readonly b?: Fact;
  /** b minus a, of numbers. */
  readonly difference?: number;
}

/** What several seeds say of one metric. Without a direction that is known, `better` and `worse` would say nothing. */
export type MetricVerdict = Omit<Comparison, 'verdict'> & {
  readonly path: string;
  readonly verdict: Verdict | 'lower' | 'higher';
};

/** Two runs or arms side by side. Values of arms are means over their seeds. */
export interface SideBySide {
  readonly a: { readonly label: string; readonly runs: readonly string[] };
  readonly b: { readonly label: string; readonly runs: readonly string[] };
  readonly config: readonly Difference[];
  readonly results: readonly Difference[];
  readonly timings: readonly Difference[];
  /** Of b against a, paired by seed, corrected for the number of metrics; empty unless both sides have several seeds. */
  readonly verdicts: readonly MetricVerdict[];
}

/** What arms are judged by unless told otherwise, and which way is good. */
const HEADLINES: ReadonlyMap<string, 'lower' | 'higher'> = new Map([
  ['bits-per-byte.bitsPerByte', 'lower'],
  ['acceptance.labelMatch.tokensPerForward', 'higher'],
]);

/** @param metrics - what to judge; default: bits per byte and label-match tokens per forward, where both sides have them */
export function compareSides(a: Side, b: Side, metrics?: readonly FactKey[]): SideBySide {
  const differences = (part: Part): Difference[] => differencesOf(part, a, b);
  const areArms = a.entries.length > 1 && b.entries.length > 1;
  return {
    a: { label: a.label, runs: a.entries.map(({ folder }) => folder) },
    b: { label: b.label, runs: b.entries.map(({ folder }) => folder) },
    config: differences('config').filter(({ path }) => !(areArms && path === 'seed')),
    results: differences('results'),
    timings: differences('timings'),
    verdicts: areArms ? verdictsOf(a, b, metrics ?? headlines(a, b)) : [],
  };
}

function differencesOf(part: Part, a: Side, b: Side): Difference[] {
  const paths = new Set([...a.entries, ...b.entries].flatMap(({ facts }) => [...facts[part].keys()]));
  return [...paths].sort().flatMap((path) => {
    const [first, second] = [a, b].map(({ entries }) => shared(entries.map(({ facts }) => facts[part].get(path))));
    if (first === second) return [];
    const areNumbers = typeof first === 'number' && typeof second === 'number';
    return [{ path, a: first, b: second, ...(areNumbers && { difference: second - first }) }];
  });
}

/** The mean of numbers; of anything else what all seeds agree on. */
function shared(values: readonly (Fact | undefined)[]): Fact | undefined {
  const present = values.filter((value) => value !== undefined);
  if (present.length > 0 && present.every((value) => typeof value === 'number')) {
    const isOne = present.every((value) => value === present[0]);
    return isOne ? present[0] : present.reduce((sum, value) => sum + value, 0) / present.length;
  }
  return values.every((value) => value === values[0]) ? values[0] : undefined;
}

const headlines = (a: Side, b: Side): FactKey[] =>
  [...HEADLINES.keys()]
    .map((key): FactKey => ({ part: 'results', key }))
    .filter(({ part, key }) => [a, b].every(({ entries }) => entries.some(({ facts }) => facts[part].has(key))));

function verdictsOf(a: Side, b: Side, metrics: readonly FactKey[]): MetricVerdict[] {
  const comparisons = metrics.map((metric) => {
    const [first, second] = [a, b].map(({ entries }) => entries.map((entry) => seedValue(entry, metric)));
    return compareArms(first, [second], { better: directionOf(metric) ?? 'lower' })[0];
  });
  const adjusted = holm(comparisons.map(({ p }) => p));
  return comparisons.map((comparison, i) => ({
    path: metrics[i].key,
    ...correctedFor(comparison, metrics.length, adjusted[i]),
    verdict: wordOf(comparison, metrics[i], adjusted[i]),
  }));
}

function seedValue({ facts }: Entry, { part, key }: FactKey) {
  const value = facts[part].get(key);
  return { seed: Number(facts.run.get('seed')), ...(typeof value === 'number' && { value }) };
}

/** The same comparison as one of several: the effect it could have seen is larger. */
function correctedFor(
  comparison: Comparison,
  comparisons: number,
  adjustedP: number | undefined,
): Omit<Comparison, 'verdict'> {
  const { verdict: _, smallestEffect, pairs, ...rest } = comparison;
  const standardized = (alpha: number) => smallestStandardizedEffect({ pairs, alpha });
  return {
    ...{ ...rest, pairs, comparisons, adjustedP },
    ...(smallestEffect !== undefined && {
      smallestEffect: (smallestEffect * standardized(FAMILY_LEVEL / comparisons)) / standardized(FAMILY_LEVEL),
    }),
  };
}

function wordOf(
  { verdict, difference = 0 }: Comparison,
  metric: FactKey,
  adjustedP: number | undefined,
): MetricVerdict['verdict'] {
  if (verdict !== 'better' && verdict !== 'worse') return verdict;
  if (adjustedP === undefined || adjustedP > FAMILY_LEVEL) return 'no difference shown';
  return directionOf(metric) === undefined ? (difference < 0 ? 'lower' : 'higher') : verdict;
}

const directionOf = ({ part, key }: FactKey): 'lower' | 'higher' | undefined =>
  part === 'results' ? HEADLINES.get(key) : undefined;
