import { defineDraftPolicy, Type } from '@foretoken/core/plugin';

/** Always the same number of levels, one first choice each: a chain. */
export default defineDraftPolicy({
  name: 'fixed',
  description: 'A chain of the heads’ first choices, always as long.',
  options: Type.Object({
    levels: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'Levels to draft at most. Default: all that were trained; more where the head extends past them.',
      }),
    ),
  }),
  create: (_context, { levels }) => ({
    grow: (_tree, frontier, _p, at) =>
      at.level > (levels ?? at.trained) ? [] : frontier.map((node) => ({ node, children: 1, sampled: false })),
  }),
});
