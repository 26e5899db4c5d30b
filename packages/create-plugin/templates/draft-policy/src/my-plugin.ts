// V vocabulary.
import { defineDraftPolicy, indicesOfLargest, Type } from '@foretoken/core/plugin';

/**
 * Goes on drafting while the head is sure: while the two likeliest tokens of the next level are at least a margin apart.
 *
 * The drawn token never decides, only the head's distribution does, so rejection sampling keeps the distribution.
 *
 * @source name the paper, or say that it is yours
 */
export default defineDraftPolicy({
  name: 'my-plugin',
  description: 'Drafts while the two likeliest tokens of the next level are a margin apart.',
  options: Type.Object({
    margin: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.3,
      description: 'Smallest difference of their probabilities at which a level is drafted; 0 drafts every level.',
    }),
    sampled: Type.Boolean({
      default: false,
      description: 'Draw drafts from the head’s distribution, as the rule rejection needs them, not its first choices.',
    }),
  }),
  create: (_context, { margin, sampled }) => ({
    grow(_tree, frontier, p, { level, trained }) {
      if (level > trained) return [];
      return frontier.filter((node) => marginOf(p(node)) >= margin).map((node) => ({ node, children: 1, sampled }));
    },
  }),
});

/** How far the likeliest token is above the next one. */
function marginOf(p_V: Float64Array): number {
  const [first, second] = indicesOfLargest(p_V, 2);
  return p_V[first] - (p_V[second] ?? 0);
}
