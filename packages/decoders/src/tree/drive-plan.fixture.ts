// V vocabulary. Grows trees by a plan as a session would, from a head that is a function.
import type { Tree } from '@foretoken/core';
import type { DraftPlan } from './draft-plan.ts';

/** The head's distribution after the tokens that were drafted so far. */
export type Head = (path: readonly number[]) => Float64Array;

/** Tokens from below the pending one to a node. */
export function pathTo(tree: Pick<Tree, 'tokens' | 'parent'>, node: number): number[] {
  return node < 0 ? [] : [...pathTo(tree, tree.parent[node]), tree.tokens[node]];
}

/** Every node's path, as a word, in the tree's order. */
export const wordsOf = (tree: Tree): string[] => [...tree.tokens.keys()].map((node) => pathTo(tree, node).join(' '));

/**
 * What a plan selects of the tree that it grows.
 *
 * @param draw - gives a token drawn from a distribution; asked for children that are to be drawn
 */
export function planned(
  plan: DraftPlan,
  head: Head,
  lastLevel: number,
  draw: (q_V: Float64Array) => number = () => Number.NaN,
): Tree {
  const [tokens, parent, q]: [number[], number[], (Float64Array | 'chosen')[]] = [[], [], []];
  const treeSoFar = (): Tree => ({ tokens: Int32Array.from(tokens), parent: Int32Array.from(parent), q: [...q] });
  let frontier = [-1];
  for (let level = 1; level <= lastLevel && frontier.length > 0; level++) {
    const tree = treeSoFar();
    const p = (node: number) => head(pathTo(tree, node));
    const next: number[] = [];
    for (const { node, children, sampled } of plan.grow({ tree, frontier, level, lastLevel, p })) {
      for (const [token, from] of sampled ? drawn(p(node), children, draw) : chosen(p(node), children)) {
        parent.push(node);
        q.push(from);
        next.push(tokens.push(token) - 1);
      }
    }
    frontier = next;
  }
  return plan.select(treeSoFar());
}

function chosen(p_V: Float64Array, count: number): [number, 'chosen'][] {
  const ranked = [...p_V.keys()].sort((a, b) => p_V[b] - p_V[a] || a - b);
  return ranked.slice(0, count).map((token) => [token, 'chosen']);
}

/** One after another, each from what its elders left. */
function drawn(p_V: Float64Array, count: number, draw: (q_V: Float64Array) => number): [number, Float64Array][] {
  const children: [number, Float64Array][] = [];
  let q_V = p_V;
  while (children.length < count && q_V.some((weight) => weight > 0)) {
    const token = draw(q_V);
    children.push([token, q_V]);
    const rest = 1 - q_V[token];
    q_V = q_V.map((weight, other) => (other === token || rest <= 1e-15 ? 0 : weight / rest));
  }
  return children;
}

/** A distribution for each path, made of a few numbers: no two weights are alike. */
export function headOf(seed: number, vocabulary: number): Head {
  return (path) => {
    const weights = Float64Array.from({ length: vocabulary }, (_, token) => {
      const mixed = path.reduce(
        (sum, step, depth) => sum + (step + 1) * (depth + 2) * 12.9898,
        seed * 78.233 + token * 2.4,
      );
      return Math.exp(3 * Math.abs(Math.sin(mixed)));
    });
    const sum = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight) => weight / sum);
  };
}
