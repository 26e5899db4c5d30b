// V vocabulary.
import { defineAcceptanceRule, longestPath, Type } from '@foretoken/core/plugin';

/**
 * Keeps a drafted token x if p(x) >= share p(first), `first` being the model's own first choice; of several paths the
 * longest. The token after the path is the model's first choice.
 *
 * With a share of 1 only the first choice itself passes, whatever a tie: the output is then greedy decoding's. Below 1 it is
 * lossy.
 *
 * @source name the paper, or say that it is yours
 */
export default defineAcceptanceRule({
  name: 'my-plugin',
  description: 'A draft is kept if it is nearly as probable as the model’s first choice; exact at a share of 1.',
  options: Type.Object({
    share: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'Share of the first choice’s probability that is enough; 1 keeps greedy decoding.',
    }),
  }),
  create: (_context, { share }) => ({
    keeps: share === 1 ? ['greedy'] : [],
    accept(tree, target) {
      const path = longestPath(tree, (node, parent) => {
        const token = tree.tokens[node];
        const first = target.argmax(parent);
        if (share === 1) return token === first ? 0 : undefined;
        const p_V = target.p(parent);
        // Of equally long paths the more probable one is worth more.
        return p_V[token] > 0 && p_V[token] >= share * p_V[first] ? Math.log(p_V[token]) : undefined;
      });
      return { path, next: target.argmax(path.at(-1) ?? -1) };
    },
  }),
});
