// V vocabulary. Rejection sampling of which some parts are other ones.
import { type AcceptanceRule, drawIndex, type Random, type Tree, type Verdict } from '../plugin.ts';

/** The parts of rejection sampling that may be replaced. */
export interface Parts {
  /** The probability with which a node was drawn. */
  drawn(tree: Tree, node: number): number;
  isKept(p: number, q: number, random: Random): boolean;
  rest(p_V: Float64Array, tree: Tree, node: number): Float64Array;
  next(p_V: Float64Array, random: Random, target: Verdict, last: number): number;
}

export const RIGHT: Parts = {
  drawn: ({ tokens, q }, node) => (q[node] === 'chosen' ? 1 : (q[node] as Float64Array)[tokens[node]]),
  isKept: (p, q, random) => random.uniform() * q < p,
  rest(p_V, { tokens, q }, node) {
    const q_V = q[node];
    const rest_V = p_V.map((p, token) =>
      Math.max(0, p - (q_V === 'chosen' ? Number(token === tokens[node]) : q_V[token])),
    );
    const sum = rest_V.reduce((total, p) => total + p, 0);
    return sum > 0 ? rest_V.map((p) => p / sum) : p_V;
  },
  next: (p_V, random) => drawIndex(p_V, random.uniform()),
};

/** Rejection sampling, but for what is said. */
export function rejecting(wrong: Partial<Parts> = {}): AcceptanceRule {
  const { drawn, isKept, rest, next } = { ...RIGHT, ...wrong };
  return {
    keeps: ['distribution'],
    accept(tree, target, random) {
      const path: number[] = [];
      let p_V = target.p(-1);
      for (const [node, token] of tree.tokens.entries()) {
        const last = path.at(-1) ?? -1;
        if (tree.parent[node] !== last) continue;
        if (isKept(p_V[token], drawn(tree, node), random)) {
          path.push(node);
          p_V = target.p(node);
        } else p_V = rest(p_V, tree, node);
      }
      return { path: Int32Array.from(path), next: next(p_V, random, target, path.at(-1) ?? -1) };
    },
  };
}
