/** A place in a tree of ranks: its children by their rank among the head's choices, 0 the first. */
export interface RankNode {
  readonly children: Map<number, RankNode>;
}

/** The share of forwards in which the choice of a rank, at a level from 1, is the one that is kept. */
export type AcceptanceOf = (level: number, rank: number) => number;

/** What a tree of ranks may be. */
export interface RankTreeSizes {
  readonly nodes: number;
  readonly levels: number;
  /** Ranks are below it. */
  readonly topK: number;
}

interface Open {
  readonly parent: RankNode;
  readonly level: number;
  readonly rank: number;
  readonly value: number;
}

/**
 * The tree of at most so many nodes with the greatest expected accepted length.
 *
 * A node adds to it the product of the acceptances on its path, if ranks at different levels are taken as independent.
 * Acceptances are at most 1, so a node adds no more than its parent and the best nodes are found one by one: each time
 * the best of all that the tree could get next. Of a tie the node nearer to the root, then the lower rank. Nodes that add
 * nothing are left out.
 *
 * @source Cai et al. 2024, Medusa, arXiv:2401.10774, sec. 2.3.3
 */
export function bestRankTree(acceptance: AcceptanceOf, { nodes, levels, topK }: RankTreeSizes): RankNode {
  const root: RankNode = { children: new Map() };
  const open: Open[] = [];
  const offer = (parent: RankNode, level: number, value: number) => {
    if (level > levels) return;
    for (let rank = 0; rank < topK; rank++) {
      const worth = value * acceptance(level, rank);
      if (worth > 0) open.push({ parent, level, rank, value: worth });
    }
  };
  offer(root, 1, 1);
  for (let count = 0; count < nodes && open.length > 0; count++) {
    const [{ parent, level, rank, value }] = open.splice(bestOf(open), 1);
    const node: RankNode = { children: new Map() };
    parent.children.set(rank, node);
    offer(node, level + 1, value);
  }
  return root;
}

function bestOf(open: readonly Open[]): number {
  let best = 0;
  for (let index = 1; index < open.length; index++) {
    const [a, b] = [open[index], open[best]];
    if (a.value > b.value || (a.value === b.value && a.level < b.level)) best = index;
  }
  return best;
}
