import { defineAcceptanceRule } from '@foretoken/core/plugin';

/**
 * Keeps drafted tokens as long as each is the model's own first choice, so that the output is greedy decoding's.
 *
 * @source Stern et al. 2018, arXiv:1811.03115, blockwise parallel decoding
 */
export default defineAcceptanceRule({
  name: 'exact',
  description: 'A draft is kept while it equals the model’s first choice: the output is greedy decoding’s.',
  create: () => ({
    keeps: ['greedy'],
    accept({ tokens, parent }, target) {
      const path: number[] = [];
      let node = -1;
      let next = target.argmax(node);
      // Parents come before their children, so one walk over the tree finds the whole path.
      for (let child = 0; child < tokens.length; child++) {
        if (parent[child] !== node || tokens[child] !== next) continue;
        path.push(child);
        node = child;
        next = target.argmax(node);
      }
      return { path: Int32Array.from(path), next };
    },
  }),
});
