import type { Kept, Tree } from '@foretoken/core/plugin';

/** How often the choice of a rank was offered where the text went on, and how often it was the one. */
interface Count {
  offered: number;
  kept: number;
}

/** Acceptance of every rank before anything is known: 0.6, 0.24, 0.096 ...: what is left, each time, by 0.6. */
const PRIOR = 0.6;
/** Forwards that the prior counts as. */
const PRIOR_WEIGHT = 4;

/**
 * What is known of one row's acceptance by level and rank: the share of the times that a rank was offered, below a path
 * that was kept, in which it was kept itself. What was not offered is unobserved, never rejected.
 */
export class MeasuredAcceptance {
  readonly #counts: Count[][] = [];

  /** @param ranks - rank of each node among the head's choices after its parent */
  observe({ parent }: Tree, ranks: readonly number[], { path }: Kept): void {
    const levelBelow = new Map([[-1, 1]]);
    for (const [index, node] of path.entries()) levelBelow.set(node, index + 2);
    for (const [node, above] of parent.entries()) {
      const level = levelBelow.get(above);
      if (level === undefined) continue;
      const count = this.#count(level, ranks[node]);
      count.offered++;
      if (levelBelow.has(node)) count.kept++;
    }
  }

  /** The estimate of a rank's acceptance at a level from 1: the prior, as if it had been seen a few times, and what was. */
  of(level: number, rank: number): number {
    const { offered, kept } = this.#counts[level]?.[rank] ?? { offered: 0, kept: 0 };
    const prior = PRIOR * (1 - PRIOR) ** rank;
    return (prior * PRIOR_WEIGHT + kept) / (PRIOR_WEIGHT + offered);
  }

  #count(level: number, rank: number): Count {
    this.#counts[level] ??= [];
    this.#counts[level][rank] ??= { offered: 0, kept: 0 };
    return this.#counts[level][rank];
  }
}
