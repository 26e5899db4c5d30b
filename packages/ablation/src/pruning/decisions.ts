import { moments } from '../statistics/moments.ts';
import type { Contestant } from './contestants.ts';
import { halve, keptOf } from './halving.ts';
import { levelOf, pWorse } from './paired.ts';
import type { Pruning } from './pruning.ts';

/** What one training gave at one rung. */
export interface RungLoss {
  /** Of the validation that stands for the rung. */
  readonly step: number;
  /** Of the whole training. */
  readonly steps: number;
  /** Held-out bits at offset 1; null if not finite. */
  readonly bits: number | null;
  /** Hash of the contents of the data. */
  readonly dataHash: string;
}

/** `failed`: it will not come to the rung in this run; undefined: it is not there yet. */
export type Arrival = RungLoss | 'failed' | undefined;

/** What an arm may do next. */
export type Decision =
  /** Train to a rung (from 0) and wait there for the others. */
  | { readonly kind: 'to rung'; readonly rung: number }
  /** Train to its end: no rung is left that could stop it. */
  | { readonly kind: 'to its end' }
  | ({ readonly kind: 'pruned' } & Stop);

/** Why a whole arm was stopped. */
export interface Stop {
  /** From 0. */
  readonly rung: number;
  /** Mean over the seeds of own bits minus the baseline's. */
  readonly difference?: number;
  readonly reason: string;
}

/**
 * What every arm may do, by the losses at the rungs alone: the same losses give the same decisions, whatever came first.
 *
 * Rung by rung: while any training of any arm that is left is not there, nothing is decided. A training that failed is waited
 * for no longer; its arm is left out of the comparison, neither stopped nor a reason to stop another, and its other seeds go on.
 * @param arrivals - of a training, by its key, at a rung from 0
 * @returns in the order of the contestants
 */
export function decisions(
  pruning: Pruning,
  contestants: readonly Contestant[],
  arrivals: (training: string, rung: number) => Arrival,
): Decision[] {
  const stops = new Map<Contestant, Stop>();
  const withOthers = (left: Decision): Decision[] =>
    contestants.map((one) => (stops.has(one) ? { kind: 'pruned', ...stops.get(one)! } : left));
  for (const rung of pruning.rungs.keys()) {
    const left = contestants.filter((one) => !stops.has(one));
    if (left.every(({ isBaseline }) => isBaseline)) break;
    const arrived = left.map(({ trainings }) => trainings.map((key) => arrivals(key, rung)));
    if (arrived.flat().includes(undefined)) return withOthers({ kind: 'to rung', rung });
    const compared = left.flatMap((one, i) => comparedArm(one, arrived[i]));
    const looks = pruning.rungs.length * contestants.filter(({ isBaseline }) => !isBaseline).length;
    for (const [one, stop] of stopped(pruning, compared, looks)) stops.set(one, { rung, ...stop });
  }
  return withOthers({ kind: 'to its end' });
}

/** An arm all of whose seeds came to the rung. */
interface ComparedArm {
  readonly contestant: Contestant;
  /** One per seed; infinite where the loss is not finite. */
  readonly bits: readonly number[];
}

function comparedArm(contestant: Contestant, arrivals: readonly Arrival[]): ComparedArm[] {
  const bits = arrivals.flatMap((arrival) =>
    typeof arrival === 'object' ? [arrival.bits ?? Number.POSITIVE_INFINITY] : [],
  );
  return bits.length === arrivals.length ? [{ contestant, bits }] : [];
}

function stopped(
  pruning: Pruning,
  compared: readonly ComparedArm[],
  looks: number,
): Map<Contestant, Omit<Stop, 'rung'>> {
  const baseline = compared.find(({ contestant }) => contestant.isBaseline);
  const others = compared.filter(({ contestant }) => !contestant.isBaseline);
  const reasons =
    pruning.rule === 'halving'
      ? reasonsByPlace(others, pruning.keep)
      : reasonsByTest(baseline, others, levelOf(pruning.alpha, looks));
  const stops = new Map<Contestant, Omit<Stop, 'rung'>>();
  for (const [i, arm] of others.entries()) {
    const reason = reasons[i];
    const difference = baseline && meanDifference(arm, baseline);
    if (reason !== undefined) stops.set(arm.contestant, { ...(difference !== undefined && { difference }), reason });
  }
  return stops;
}

/** Why each arm is stopped; undefined for one that goes on. */
type Reasons = readonly (string | undefined)[];

function reasonsByPlace(arms: readonly ComparedArm[], keep: number): Reasons {
  const kept = keptOf(arms.length, keep);
  const went = kept === 1 ? 'the best one went on' : `the best ${kept} went on`;
  return halve(
    arms.map(({ bits }) => meanOf(bits)),
    keep,
  ).map(({ place, goesOn }) =>
    goesOn ? undefined : `place ${place} of ${arms.length} beside the baseline, of which ${went}`,
  );
}

function reasonsByTest(baseline: ComparedArm | undefined, arms: readonly ComparedArm[], level: number): Reasons {
  return arms.map((arm) => {
    const p = baseline && pWorse(arm.bits.map((own, i) => ({ own, baseline: baseline.bits[i] })));
    if (p === undefined || p > level) return undefined;
    return `worse by the paired t test over ${arm.bits.length} seeds, p = ${p.toPrecision(2)}, at most ${level.toPrecision(2)}`;
  });
}

function meanDifference(arm: ComparedArm, baseline: ComparedArm): number | undefined {
  const difference = meanOf(arm.bits.map((own, i) => own - baseline.bits[i]));
  return Number.isFinite(difference) ? difference : undefined;
}

/** Infinite, never NaN, where a value is. */
const meanOf = (values: readonly number[]): number =>
  values.every(Number.isFinite) ? moments(values).mean : Number.POSITIVE_INFINITY;
