import { defineWeighting } from '@foretoken/core/plugin';

/**
 * Every offset's loss weighs 1.
 *
 * @source Gloeckle et al. 2024, arXiv:2404.19737, sec. 2
 */
export default defineWeighting({
  name: 'uniform',
  description: 'Every offset’s loss weighs 1 (the paper).',
  create: () => ({
    start: (terms: readonly string[]) => terms.length,
    now: (numTerms: number) => new Array<number>(numTerms).fill(1),
  }),
});
