import type { DraftMoment, DraftPolicy, GeneratingRow, Growth, RowStep, Tree } from '@foretoken/core/plugin';
import type { DraftPlan } from './draft-plan.ts';
import type { RowPlanner } from './row-planner.ts';

/**
 * The draft of one row in one step: a plan says which children, the request's policy says where drafting goes on at all.
 */
export class RowDraft {
  readonly row: GeneratingRow;
  readonly #planner: RowPlanner;
  readonly #levels: number | undefined;
  #plan: DraftPlan | undefined;

  /** @param levels - levels at most; undefined: all that were trained */
  constructor(row: GeneratingRow, planner: RowPlanner, levels: number | undefined) {
    this.row = row;
    this.#planner = planner;
    this.#levels = levels;
  }

  /** As a draft policy does, asking another one first which nodes of the frontier may get children. */
  grow(policy: DraftPolicy, tree: Tree, frontier: readonly number[], p: Distribution, at: DraftMoment): Growth[] {
    const levels = Math.min(this.#levels ?? at.trained, at.levels);
    const lastLevel = Math.min(levels, this.row.left - 1);
    if (at.level > lastLevel) return [];
    const known = rememberedP(p);
    const allowed = new Set<number>();
    for (const { node, children } of policy.grow(tree, frontier, known, at)) if (children > 0) allowed.add(node);
    if (allowed.size === 0) return [];
    this.#plan ??= this.#planner.start(levels);
    const open = frontier.filter((node) => allowed.has(node));
    return [...this.#plan.grow({ tree, frontier: open, p: known, level: at.level, lastLevel })];
  }

  /** What of the drafted tree is verified. */
  select(tree: Tree): Tree {
    return this.#plan?.select(tree) ?? tree;
  }

  learn(step: RowStep): void {
    if (this.#plan) this.#planner.learn?.(step);
  }
}

type Distribution = (node: number) => Float64Array;

/** Policy and plan often ask for the same; each answer is a softmax over the vocabulary. */
function rememberedP(p: Distribution): Distribution {
  const known = new Map<number, Float64Array>();
  return (node) => {
    const p_V = known.get(node) ?? p(node);
    known.set(node, p_V);
    return p_V;
  };
}
