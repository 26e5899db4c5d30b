/** An arm's place at a rung. */
export interface Place {
  /** From 1. */
  readonly place: number;
  readonly goesOn: boolean;
}

/** A share of a few arms is a whole number or clearly none. */
const ROUNDING = 1e-9;

/** How many of some arms go on: their share, rounded up, and one at least. */
export const keptOf = (count: number, keep: number): number => Math.max(1, Math.ceil(count * keep - ROUNDING));

/**
 * Ranks arms by their mean bits over the seeds; of equal ones the earlier comes first.
 * @param means - one per arm; infinite for one whose loss is not finite
 * @param keep - share of them that goes on
 * @returns in the order of the arms
 * @source Jamieson and Talwalkar 2016, arXiv:1502.07943, algorithm 1; Li et al. 2018, arXiv:1603.06560, sec. 3. Theirs rounds
 * the number of arms that go on down; this one up, so that of two arms one is left
 */
export function halve(means: readonly number[], keep: number): Place[] {
  const order = means.map((_, i) => i).sort((i, j) => compare(means[i], means[j]) || i - j);
  const kept = keptOf(means.length, keep);
  const places: Place[] = [];
  for (const [rank, i] of order.entries()) places[i] = { place: rank + 1, goesOn: rank < kept };
  return places;
}

/** Of infinite numbers a difference is none. */
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
