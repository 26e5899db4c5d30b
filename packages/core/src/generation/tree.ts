import type { Tree } from '../contracts/decoding.ts';

/** @returns a tree without a node: nothing is drafted */
export function emptyTree(): Tree {
  return { tokens: new Int32Array(0), parent: new Int32Array(0), q: [] };
}

/** @returns a chain of tokens that were chosen, each the child of the one before */
export function chainTree(tokens: ArrayLike<number>): Tree {
  return {
    tokens: Int32Array.from(tokens),
    parent: Int32Array.from({ length: tokens.length }, (_, node) => node - 1),
    q: Array.from({ length: tokens.length }, () => 'chosen' as const),
  };
}

/** @returns the level of each node, from 1 for a child of the pending token */
export function levelsOf({ parent }: Pick<Tree, 'parent'>): Int32Array {
  const levels = new Int32Array(parent.length);
  for (const [node, above] of parent.entries()) levels[node] = above < 0 ? 1 : levels[above] + 1;
  return levels;
}

/** @returns how many nodes each level has, from level 1 */
export function nodesPerLevel(tree: Tree): number[] {
  const counts: number[] = [];
  for (const level of levelsOf(tree)) counts[level - 1] = (counts[level - 1] ?? 0) + 1;
  return counts;
}

/** The part of a tree that lies within its first levels; the tree itself where all of it does. */
export function firstLevels(tree: Tree, levels: number): Tree {
  const levelOf = levelsOf(tree);
  const kept = [...levelOf.keys()].filter((node) => levelOf[node] <= levels);
  if (kept.length === levelOf.length) return tree;
  const place = new Map(kept.map((node, index) => [node, index]));
  return {
    tokens: Int32Array.from(kept, (node) => tree.tokens[node]),
    parent: Int32Array.from(kept, (node) => place.get(tree.parent[node]) ?? -1),
    q: kept.map((node) => tree.q[node]),
  };
}

/** What is wrong with the form of a tree, or undefined: lengths, and parents before their children. */
export function treeFault({ tokens, parent, q }: Tree): string | undefined {
  if (parent.length !== tokens.length || q.length !== tokens.length) {
    return `tokens, parent and q must be equally long, were ${tokens.length}, ${parent.length} and ${q.length}`;
  }
  const bad = parent.findIndex((above, node) => above < -1 || above >= node);
  return bad < 0 ? undefined : `the parent of node ${bad} must be -1 or an earlier node, was ${parent[bad]}`;
}

/** Whether a path starts at the pending token and goes from parent to child. */
export function isPath({ parent }: Pick<Tree, 'parent'>, path: Int32Array): boolean {
  return path.every((node, index) => node >= 0 && node < parent.length && parent[node] === (path[index - 1] ?? -1));
}
