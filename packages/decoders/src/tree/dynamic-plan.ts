// V vocabulary.
import { type Growth, indicesOfLargest, subtree, type Tree } from '@foretoken/core/plugin';
import type { DraftPlan, LevelMoment } from './draft-plan.ts';

/** Sizes of a dynamic tree. */
export interface DynamicSizes {
  /** Nodes to verify at most. */
  readonly nodes: number;
  /** Nodes of a level that get children at most. */
  readonly width: number;
  /** Children of a node at most. */
  readonly topK: number;
}

/** Children that a node would get: their number follows from how many of its values are large enough. */
interface Candidate {
  readonly node: number;
  readonly value: number;
}

/**
 * The shape of one tree by the head's confidence. A node's value is the product of the head's probabilities on the path
 * to it: how likely the whole path is to be kept, if the head knows itself.
 *
 * At each level the `width` nodes of most value get children; of all nodes the `nodes` of most value are verified. A
 * node's value is at most its parent's, so they are connected. Children that cannot be among them are not drafted.
 *
 * @source Li et al. 2024, EAGLE-2, arXiv:2406.16858, sec. 4
 */
export class DynamicPlan implements DraftPlan {
  protected readonly sizes: DynamicSizes;
  readonly #values: number[] = [];
  /** The head's distribution after the nodes that got children. */
  readonly #p = new Map<number, Float64Array>();

  constructor(sizes: DynamicSizes) {
    this.sizes = sizes;
  }

  grow(at: LevelMoment): Growth[] {
    const values = this.valuesOf(at.tree);
    const candidates = this.candidates(at);
    const all = [...values, ...candidates.map(({ value }) => value)];
    const threshold = all[indicesOfLargest(all, this.sizes.nodes)[this.sizes.nodes - 1]] ?? 0;
    return growths(
      candidates.filter(({ value }) => value > 0 && value >= threshold),
      false,
    );
  }

  select(tree: Tree): Tree {
    const { nodes } = this.sizes;
    if (tree.tokens.length <= nodes) return tree;
    const values = this.valuesOf(tree);
    // Of a tie the earlier node: a parent comes before its children, so none stays without the other.
    const best = new Set(indicesOfLargest(values, nodes));
    return subtree(tree, (node) => best.has(node));
  }

  /** What each node is worth, as far as the tree has grown. */
  protected valuesOf({ tokens, parent }: Tree): readonly number[] {
    for (let node = this.#values.length; node < tokens.length; node++) {
      this.#values.push(this.#valueOf(parent[node]) * (this.#p.get(parent[node])?.[tokens[node]] ?? 0));
    }
    return this.#values;
  }

  /** Values that children of the most valuable nodes would have, if they were the head's first choices. */
  protected candidates({ frontier, p }: LevelMoment): Candidate[] {
    const { width, topK } = this.sizes;
    const byValue = [...frontier].sort((a, b) => this.#valueOf(b) - this.#valueOf(a) || a - b);
    return byValue.slice(0, width).flatMap((node) => {
      const p_V = p(node);
      this.#p.set(node, p_V);
      return indicesOfLargest(p_V, topK).map((token) => ({ node, value: this.#valueOf(node) * p_V[token] }));
    });
  }

  #valueOf(node: number): number {
    return node < 0 ? 1 : this.#values[node];
  }
}

/**
 * The same for children that are drawn. Which of them stay must not depend on what was drawn: the rule takes each for a
 * draw from the distribution that it was drawn from, and leaving out those that came out less likely would bend it. So
 * nothing is left out afterwards; how many children a node gets is settled before they are drawn, from what its ancestors
 * and their siblings are, and each level has its share of the nodes.
 */
export class DrawnDynamicPlan extends DynamicPlan {
  override grow(at: LevelMoment): Growth[] {
    this.valuesOf(at.tree);
    const left = this.sizes.nodes - at.tree.tokens.length;
    const share = Math.ceil(left / (at.lastLevel - at.level + 1));
    const best = this.candidates(at)
      .map((candidate, order) => ({ ...candidate, order }))
      .filter(({ value }) => value > 0)
      .sort((a, b) => b.value - a.value || a.order - b.order);
    return growths(best.slice(0, share), true);
  }

  override select(tree: Tree): Tree {
    return tree;
  }
}

/** As many children for each node as it has candidates, in ascending order of nodes. */
function growths(candidates: readonly Candidate[], sampled: boolean): Growth[] {
  const children = new Map<number, number>();
  for (const { node } of candidates) children.set(node, (children.get(node) ?? 0) + 1);
  return [...children].sort(([a], [b]) => a - b).map(([node, count]) => ({ node, children: count, sampled }));
}
