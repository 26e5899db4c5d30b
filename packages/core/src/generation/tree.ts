import type { Tree } from '../contracts/decoding.ts';

/** A tree without a node: nothing is drafted. */
export function emptyTree(): Tree {
  return { tokens: new Int32Array(0), parent: new Int32Array(0), q: [] };
}

/** A chain of tokens that were chosen, each the child of the one before. */
export function chainTree(tokens: ArrayLike<number>): Tree {
  return {
    tokens: Int32Array.from(tokens),
    parent: Int32Array.from({ length: tokens.length }, (_, node) => node - 1),
    q: Array.from({ length: tokens.length }, () => 'chosen' as const),
  };
}

/** The level of each node, from 1 for a child of the pending token. */
export function levelsOf({ parent }: Pick<Tree, 'parent'>): Int32Array {
  const levels = new Int32Array(parent.length);
  for (let node = 0; node < parent.length; node++) levels[node] = parent[node] < 0 ? 1 : levels[parent[node]] + 1;
  return levels;
}

/** How many nodes each level has, from level 1. */
export function nodesPerLevel({ parent }: Pick<Tree, 'parent'>): number[] {
  const counts: number[] = [];
  const levels: number[] = [];
  for (let node = 0; node < parent.length; node++) {
    const level = parent[node] < 0 ? 0 : levels[parent[node]] + 1;
    levels.push(level);
    counts[level] = (counts[level] ?? 0) + 1;
  }
  return counts;
}

/**
 * The part of a tree that some of its nodes are, in the same order; the tree itself where all of them stay.
 *
 * @param stays - with a node its parent stays too
 */
export function subtree(tree: Tree, stays: (node: number) => boolean): Tree {
  const place = new Int32Array(tree.tokens.length);
  const kept: number[] = [];
  for (let node = 0; node < place.length; node++) if (stays(node)) place[node] = kept.push(node) - 1;
  if (kept.length === place.length) return tree;
  return {
    tokens: Int32Array.from(kept, (node) => tree.tokens[node]),
    parent: Int32Array.from(kept, (node) => (tree.parent[node] < 0 ? -1 : place[tree.parent[node]])),
    q: kept.map((node) => tree.q[node]),
  };
}

/** The part of a tree that lies within its first levels; the tree itself where all of it does. */
export function firstLevels(tree: Tree, levels: number): Tree {
  if (tree.tokens.length <= levels) return tree;
  const levelOf = levelsOf(tree);
  return subtree(tree, (node) => levelOf[node] <= levels);
}

/** What is wrong with the form of a tree, or undefined: lengths, and parents before their children. */
export function treeFault({ tokens, parent, q }: Tree): string | undefined {
  if (parent.length !== tokens.length || q.length !== tokens.length) {
    return `tokens, parent and q must be equally long, were ${tokens.length}, ${parent.length} and ${q.length}`;
  }
  const bad = parent.findIndex((above, node) => above < -1 || above >= node);
  return bad < 0 ? undefined : `the parent of node ${bad} must be -1 or an earlier node, was ${parent[bad]}`;
}

/** Whether a path starts at the pending token and goes from parent to child; what is no node has no parent. */
export function isPath({ parent }: Pick<Tree, 'parent'>, path: Int32Array): boolean {
  let above = -1;
  for (let index = 0; index < path.length; index++) {
    if (parent[path[index]] !== above) return false;
    above = path[index];
  }
  return true;
}
