// V token ids.
import { defineAcceptanceRule, entropyOf, longestPath, Type } from '@foretoken/core/plugin';

/**
 * Keeps drafted tokens that the model finds typical: p(x) > min(epsilon, delta e^-H), H the entropy of p. Lossy.
 *
 * The less the model knows what comes next, the less probable a token may be.
 *
 * @source Cai et al. 2024, arXiv:2401.10774, sec. 2.3.2; defaults and ties as in the authors' code
 */
export default defineAcceptanceRule({
  name: 'typical',
  description: 'Lossy: a draft is kept if p(x) > min(epsilon, delta e^-H), H being the entropy of p.',
  options: Type.Object({
    epsilon: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.09,
      description: 'A token more probable than this is always kept.',
    }),
    delta: Type.Number({
      exclusiveMinimum: 0,
      default: 0.3,
      description: 'Share of e^-H that is enough, H being the entropy of the model’s distribution in nats.',
    }),
  }),
  create: (_context, { epsilon, delta }) => ({
    keeps: [],
    accept(tree, target) {
      const after = new Map<number, { readonly p_V: Float64Array; readonly threshold: number }>();
      const said = (node: number) => {
        const p_V = target.p(node);
        const known = { p_V, threshold: Math.min(epsilon, delta * Math.exp(-entropyOf(p_V))) };
        after.set(node, known);
        return known;
      };
      const path = longestPath(tree, (node, parent) => {
        const { p_V, threshold } = after.get(parent) ?? said(parent);
        const probability = p_V[tree.tokens[node]];
        return probability > threshold ? Math.log(probability) : undefined;
      });
      return { path, next: target.argmax(path.at(-1) ?? -1) };
    },
  }),
});
