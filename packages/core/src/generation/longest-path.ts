import type { Tree } from '../contracts/decoding.ts';

/**
 * The longest path from the pending token whose every node is taken; of equally long ones the one worth most, then the
 * one that ends at the earlier node.
 *
 * @param worth - what a node adds to the worth of its path, or undefined where it is not taken; asked once a node, and only
 * below nodes that are taken
 */
export function longestPath(
  { parent }: Pick<Tree, 'parent'>,
  worth: (node: number, parent: number) => number | undefined,
): Int32Array {
  // A path that is not taken is shorter than none at all. Parents come before their children.
  const lengths = new Int32Array(parent.length).fill(-1);
  const worths = new Float64Array(parent.length);
  let best = -1;
  for (const [node, above] of parent.entries()) {
    if (above >= 0 && lengths[above] < 0) continue;
    const own = worth(node, above);
    if (own === undefined) continue;
    lengths[node] = above < 0 ? 1 : lengths[above] + 1;
    worths[node] = above < 0 ? own : worths[above] + own;
    const longer = best < 0 ? 1 : lengths[node] - lengths[best];
    if (longer > 0 || (longer === 0 && worths[node] > worths[best])) best = node;
  }
  const path = new Int32Array(best < 0 ? 0 : lengths[best]);
  for (let node = best, at = path.length; at > 0; node = parent[node]) path[--at] = node;
  return path;
}
