/**
 * The candidate tokens from the pending token, which is not one of them, down to a node.
 *
 * @param node - -1 for the pending token
 */
export function pathTo(node: number, parent: ArrayLike<number>, tokens: ArrayLike<number>): number[] {
  const path: number[] = [];
  for (let at = node; at >= 0; at = parent[at]) path.push(tokens[at]);
  return path.reverse();
}
