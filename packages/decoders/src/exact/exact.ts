import { defineAcceptanceRule } from '@foretoken/core/plugin';

/**
 * Keeps drafted tokens as long as each is the model's own first choice, so that the output is greedy decoding's.
 *
 * @source Stern et al. 2018, arXiv:1811.03115, sec. 3
 */
export default defineAcceptanceRule({
  name: 'exact',
  description: 'A draft is kept while it equals the model’s first choice: the output is greedy decoding’s.',
  create: () => ({
    keeps: ['greedy'],
    accept(tree, target) {
      const path: number[] = [];
      let node = -1;
      for (;;) {
        const next = target.argmax(node);
        node = tree.tokens.findIndex((token, child) => tree.parent[child] === (path.at(-1) ?? -1) && token === next);
        if (node < 0) return { path: Int32Array.from(path), next };
        path.push(node);
      }
    },
  }),
});
