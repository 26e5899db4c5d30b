import { type Growth, subtree, type Tree } from '@foretoken/core/plugin';
import type { DraftPlan, LevelMoment } from './draft-plan.ts';
import type { RankNode } from './rank-paths.ts';

/**
 * Drafts the tree that a tree of ranks says.
 *
 * Of drawn children those are left out whose rank has no place in it, whatever they came out as: that bends nothing, since
 * what a younger sibling was drawn from already leaves its elders out.
 */
export class StaticPlan implements DraftPlan {
  readonly #root: RankNode;
  readonly #sampled: boolean;
  /** Place of each drafted node in the tree of ranks; undefined for one that only fills the gap before a higher rank. */
  readonly #places: (RankNode | undefined)[] = [];
  readonly #ranks: number[] = [];
  readonly #numChildren = new Map<number, number>();

  /** @param sampled - whether children are drawn; then ranks are the order of drawing */
  constructor(root: RankNode, sampled: boolean) {
    this.#root = root;
    this.#sampled = sampled;
  }

  grow({ tree, frontier }: LevelMoment): Growth[] {
    this.#read(tree);
    return frontier.flatMap((node) => {
      const ranks = this.#placeOf(node)?.children;
      if (!ranks || ranks.size === 0) return [];
      return [{ node, children: Math.max(...ranks.keys()) + 1, sampled: this.#sampled }];
    });
  }

  select(tree: Tree): Tree {
    this.#read(tree);
    return subtree(tree, (node) => this.#places[node] !== undefined);
  }

  /** Rank of each node that {@link select} gave, in its order. */
  ranks(): number[] {
    return this.#ranks.filter((_, node) => this.#places[node] !== undefined);
  }

  #placeOf(node: number): RankNode | undefined {
    return node < 0 ? this.#root : this.#places[node];
  }

  /** Notes the ranks of new nodes: siblings come in the order of their ranks. */
  #read({ parent }: Tree): void {
    for (let node = this.#places.length; node < parent.length; node++) {
      const above = parent[node];
      const rank = this.#numChildren.get(above) ?? 0;
      this.#numChildren.set(above, rank + 1);
      this.#ranks.push(rank);
      this.#places.push(this.#placeOf(above)?.children.get(rank));
    }
  }
}
