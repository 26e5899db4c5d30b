import type { RowStep } from '@foretoken/core/plugin';
import type { DraftPlan } from './draft-plan.ts';
import { DrawnDynamicPlan, DynamicPlan, type DynamicSizes } from './dynamic-plan.ts';
import { MeasuredAcceptance } from './measured-acceptance.ts';
import { type AcceptanceOf, bestRankTree, type RankNode } from './rank-paths.ts';
import { StaticPlan } from './static-plan.ts';

/** Plans the drafts of one row, forward after forward. Rows learn apart, so that none depends on the others. */
export interface RowPlanner {
  /** @param levels - deepest level that the model and the options allow, the same every time */
  start(levels: number): DraftPlan;
  /** Told what became of the draft that was started last. */
  learn?(step: Pick<RowStep, 'tree' | 'kept'>): void;
}

/** Trees by the head's confidence; nothing is learned. */
export function dynamicPlanner(sizes: DynamicSizes, sampled: boolean): RowPlanner {
  return { start: () => (sampled ? new DrawnDynamicPlan(sizes) : new DynamicPlan(sizes)) };
}

/** What a static tree is made from. */
export interface StaticSettings {
  readonly nodes: number;
  readonly topK: number;
  readonly sampled: boolean;
  /** Forwards with a draft between two trees, where acceptance is measured. */
  readonly rebuildEvery: number;
  /** Acceptance by level, then by rank. Default: it is measured as the row goes on. */
  readonly acceptance?: readonly (readonly number[])[];
}

/** The tree of ranks with the greatest expected accepted length, by what was measured before or is measured now. */
export class StaticPlanner implements RowPlanner {
  readonly #settings: StaticSettings;
  readonly #measured = new MeasuredAcceptance();
  #root: RankNode | undefined;
  #plan: StaticPlan | undefined;
  #numLearned = 0;

  constructor(settings: StaticSettings) {
    this.#settings = settings;
  }

  start(levels: number): StaticPlan {
    this.#root ??= bestRankTree(this.#acceptance(), { ...this.#settings, levels });
    this.#plan = new StaticPlan(this.#root, this.#settings.sampled);
    return this.#plan;
  }

  learn({ tree, kept }: Pick<RowStep, 'tree' | 'kept'>): void {
    const { acceptance, rebuildEvery } = this.#settings;
    if (acceptance || !this.#plan || tree.tokens.length === 0) return;
    this.#measured.observe(tree, this.#plan.ranks(), kept);
    if (++this.#numLearned % rebuildEvery === 0) this.#root = undefined;
  }

  #acceptance(): AcceptanceOf {
    const { acceptance } = this.#settings;
    return acceptance
      ? (level, rank) => acceptance[level - 1]?.[rank] ?? 0
      : (level, rank) => this.#measured.of(level, rank);
  }
}
