import { defineDraftPolicy, Type } from '@foretoken/core/plugin';

/** A chain that goes on while the head's first choice is probable enough: the policy of `docs/guide/write-a-decoder.md`. */
export default defineDraftPolicy({
  name: 'sure',
  description: 'One token a level, while the first choice is probable enough.',
  options: Type.Object({
    least: Type.Number({ minimum: 0, maximum: 1, default: 0.3, description: 'Least probability of a first choice.' }),
    sampled: Type.Boolean({ default: false, description: 'Draw drafts, as the rule rejection needs them.' }),
  }),
  create: (_context, { least, sampled }) => ({
    grow(_tree, frontier, p, at) {
      if (at.level > at.trained) return [];
      const sure = frontier.filter((node) => Math.max(...p(node)) >= least);
      return sure.map((node) => ({ node, children: 1, sampled }));
    },
  }),
});
