import type { AblationPlan } from '../plan/plan-ablation.ts';
import type { CellRecord } from '../run/cell-record.ts';
import { type Comparison, compareArms } from '../statistics/compare-arms.ts';
import type { SeedValue } from '../statistics/pairs.ts';
import { verdictUnit, verdictValue } from './verdict.ts';

/** An arm while its ablation runs. */
export interface StandingArm {
  readonly arm: string;
  readonly isBaseline: boolean;
  /** Seeds that have a value by now, of those planned. */
  readonly seeds: number;
  readonly plannedSeeds: number;
  /** Mean over them. */
  readonly mean?: number;
  /** On the pairs that exist so far, corrected for every planned comparison; absent for the baseline. */
  readonly comparison?: Comparison;
}

/** What the finished cells of a running ablation say. */
export interface Standing {
  /** Takes in a cell once it, or a part of it, is measured. Cells of other plans change nothing. */
  add(record: Pick<CellRecord, 'id' | 'results'>): void;
  /** Every arm, the baseline first. */
  arms(): readonly StandingArm[];
  /** Of one cell, by its id; undefined before it is measured. */
  value(id: string): number | undefined;
  /** What values and differences are in. */
  unit(): 'bits per byte' | 'bits per token';
}

/**
 * Compares the arms of an ablation on what is finished of it.
 *
 * These are no results: a verdict may change until the last pair is there, and one picked for what it says at some moment is
 * wrong more often than its level says.
 */
export function createStanding({ arms, cells }: Pick<AblationPlan, 'arms' | 'cells'>): Standing {
  const planned = new Set(cells.map(({ id }) => id));
  const values = new Map<string, number | undefined>();
  let unit: ReturnType<Standing['unit']> = 'bits per byte';
  let known: readonly StandingArm[] | undefined;
  return {
    add({ id, results }) {
      const value = verdictValue(results);
      if (!planned.has(id) || value === undefined) return;
      values.set(id, value);
      unit = verdictUnit(results);
      known = undefined;
    },
    arms() {
      known ??= standingOf(
        arms,
        arms.map((name) =>
          cells.filter(({ arm }) => arm === name).map(({ id, seed }) => ({ seed, value: values.get(id) })),
        ),
      );
      return known;
    },
    value: (id) => values.get(id),
    unit: () => unit,
  };
}

function standingOf(arms: readonly string[], seeds: readonly (readonly SeedValue[])[]): StandingArm[] {
  const [baseline, ...others] = seeds;
  const comparisons = others.length === 0 ? [] : compareArms(baseline, others, { better: 'lower' });
  return arms.map((arm, i) => {
    const finished = seeds[i].flatMap(({ value }) => value ?? []);
    const sum = finished.reduce((total, value) => total + value, 0);
    return {
      ...{ arm, isBaseline: i === 0, seeds: finished.length, plannedSeeds: seeds[i].length },
      ...(finished.length > 0 && { mean: sum / finished.length }),
      ...(i > 0 && { comparison: comparisons[i - 1] }),
    };
  });
}
