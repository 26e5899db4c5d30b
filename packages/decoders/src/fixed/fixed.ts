import { defineDraftPolicy, Type } from '@foretoken/core/plugin';
import { chainLevels, chainOptions, checkLevels, oneChild } from './chain.ts';

/** Always the same number of levels, one token each: a chain. */
export default defineDraftPolicy({
  name: 'fixed',
  description: 'A chain of the heads’ first choices, always as long.',
  options: Type.Object(chainOptions),
  create: (_context, { levels, sampled }) => ({
    prepare: async (session) => checkLevels('fixed', levels, session),
    grow: (_tree, frontier, _p, at) => (at.level > chainLevels('fixed', levels, at) ? [] : oneChild(frontier, sampled)),
  }),
});
