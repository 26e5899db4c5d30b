import type { DraftMoment, Growth, Tree } from '@foretoken/core/plugin';

/** What a plan is asked at one level of one row's draft. */
export interface LevelMoment extends Pick<DraftMoment, 'level'> {
  /** Drafted so far. */
  readonly tree: Tree;
  /** Nodes that may get children, in ascending order. */
  readonly frontier: readonly number[];
  /** Deepest level that this draft may have. */
  readonly lastLevel: number;
  /** The head's distribution after a node of the frontier. */
  p(node: number): Float64Array;
}

/** How one tree is drafted, level by level, and what of it is verified. */
export interface DraftPlan {
  /** @returns children of nodes of the frontier, all drawn or all chosen as the decoder was asked */
  grow(at: LevelMoment): readonly Growth[];
  /** The part of the drafted tree that is verified. Of drawn nodes it must not depend on what was drawn. */
  select(tree: Tree): Tree;
}
