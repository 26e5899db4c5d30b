import { ForetokenError } from '@foretoken/core';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import { type Contestant, contestantsOf } from './contestants.ts';
import { type Arrival, type Decision, decisions, type RungLoss } from './decisions.ts';
import type { PrunedAt } from './pruning.ts';
import type { LossesByShare } from './rung-losses.ts';

/** What a race needs of a plan. */
export type RacingPlan = Pick<AblationPlan, 'arms' | 'cells' | 'trainings' | 'pruning'>;

/** What a training may do next. */
export type Turn =
  /** Train: to a share of its steps or, without one, to its end. */
  | { readonly kind: 'train'; readonly until?: number }
  /** Wait at its rung for the others. */
  | { readonly kind: 'wait' }
  /** Nothing more: its arms were stopped. */
  | { readonly kind: 'stop' };

/** Follows the trainings of a plan through its rungs. Without pruning every one may train to its end. */
export interface Race {
  turn(training: string): Turn;
  /** Rungs that a training may still have to come to. */
  rungsLeft(training: string): number;
  /**
   * Takes in what a training gave at a share of its steps.
   * @throws DATA_CHANGED if that was on other data than what is known gave
   */
  arrive(training: string, share: number, loss: RungLoss): void;
  /** A training failed: nobody waits for it any more. */
  fail(training: string): void;
  /** Arms that are stopped by what came in so far, in the order of the plan. */
  prunedArms(): readonly string[];
  /** Their cells, by id. */
  prunedCells(): ReadonlyMap<string, PrunedAt>;
}

/**
 * Begins a race with what is known of its rungs.
 * @param losses - by training
 * @throws DATA_CHANGED if they are of other contents of the data
 */
export function startRace(plan: RacingPlan, losses: ReadonlyMap<string, LossesByShare>): Race {
  return plan.pruning ? raceWith(plan, plan.pruning, losses) : NO_RACE;
}

const NO_RACE: Race = {
  turn: () => ({ kind: 'train' }),
  rungsLeft: () => 0,
  arrive: () => {},
  fail: () => {},
  prunedArms: () => [],
  prunedCells: () => new Map(),
};

function raceWith(
  plan: RacingPlan,
  pruning: NonNullable<RacingPlan['pruning']>,
  losses: ReadonlyMap<string, LossesByShare>,
): Race {
  const contestants = contestantsOf(plan);
  const known = new Map([...losses].map(([training, byShare]) => [training, new Map(byShare)]));
  const failed = new Set<string>();
  const lossAt = (training: string, rung: number): RungLoss | undefined =>
    known.get(training)?.get(pruning.rungs[rung]);
  const arrival = (training: string, rung: number): Arrival =>
    lossAt(training, rung) ?? (failed.has(training) ? 'failed' : undefined);
  const placeOf = new Map(contestants.flatMap(({ trainings }, i) => trainings.map((training) => [training, i])));
  let decided: readonly Decision[] | undefined;
  refuseOtherData(known);
  const all = (): readonly Decision[] => {
    decided ??= decisions(pruning, contestants, arrival);
    return decided;
  };
  return {
    turn(training) {
      const decision = all()[placeOf.get(training)!];
      if (decision.kind === 'pruned') return { kind: 'stop' };
      if (decision.kind === 'to its end') return { kind: 'train' };
      if (arrival(training, decision.rung)) return { kind: 'wait' };
      return { kind: 'train', until: pruning.rungs[decision.rung] };
    },
    rungsLeft(training) {
      if (all()[placeOf.get(training)!].kind !== 'to rung') return 0;
      return pruning.rungs.filter((_, rung) => !lossAt(training, rung)).length;
    },
    arrive(training, share, loss) {
      known.set(training, (known.get(training) ?? new Map()).set(share, loss));
      refuseOtherData(known);
      decided = undefined;
    },
    fail(training) {
      failed.add(training);
      decided = undefined;
    },
    prunedArms: () => stopsOf(contestants, all()).flatMap(([{ arms }]) => arms),
    prunedCells() {
      const stops = new Map(stopsOf(contestants, all()).flatMap(([{ arms }, stop]) => arms.map((arm) => [arm, stop])));
      return new Map(
        plan.cells.flatMap(({ id, arm, trainingKey }): [string, PrunedAt][] => {
          const stop = stops.get(arm);
          if (!stop) return [];
          const { kind: _, rung, ...why } = stop;
          const at = { rule: pruning.rule, rung: rung + 1, rungs: pruning.rungs.length };
          const { dataHash: __, ...loss } = lossAt(trainingKey, rung)!;
          return [[id, { ...at, ...loss, ...why }]];
        }),
      );
    },
  };
}

/** Arms would be compared on what they were not both trained on: the data was edited while the matrix ran. */
function refuseOtherData(losses: ReadonlyMap<string, LossesByShare>): void {
  const byHash = new Map<string, string>();
  for (const [training, byShare] of losses) {
    for (const { dataHash } of byShare.values()) if (!byHash.has(dataHash)) byHash.set(dataHash, training);
  }
  if (byHash.size < 2) return;
  const [[before, first], [after, other]] = byHash;
  throw new ForetokenError(
    'DATA_CHANGED',
    `the data was edited between the trainings ${first} (${before}) and ${other} (${after}), so their losses at rungs cannot be ` +
      'compared. Restore the data and remove trainings/KEY and rungs/KEY.json of what read the other contents; or choose another "output".',
  );
}

type Stop = Extract<Decision, { kind: 'pruned' }>;

const stopsOf = (contestants: readonly Contestant[], decided: readonly Decision[]): [Contestant, Stop][] =>
  contestants.flatMap((one, i): [Contestant, Stop][] => {
    const decision = decided[i];
    return decision.kind === 'pruned' ? [[one, decision]] : [];
  });
