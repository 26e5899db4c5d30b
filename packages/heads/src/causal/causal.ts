import { defineHead, Type } from '@foretoken/core/plugin';
import { blocksOption, createOffsetBlocks } from '../layers/offset-blocks.ts';

/**
 * The paper's causal heads: one transformer layer per offset, each on the output of the offset nearer to the present. The
 * layers stand in a row, offset 1 nearest to the trunk.
 *
 * @source Gloeckle et al. 2024, arXiv:2404.19737, app. B; more than one layer is ours
 */
export default defineHead({
  name: 'causal',
  description: 'One transformer layer per offset in a row, offset 1 nearest to the trunk (the paper, app. B).',
  options: Type.Object({ blocks: blocksOption() }),
  blocksPerOffset: ({ blocks }) => blocks,
  create(context, { blocks }) {
    const run = createOffsetBlocks(context, blocks);
    return {
      memory: 'per-offset',
      reads: { carry: 'nearer' },
      forward: (offset, input) => run(offset, input.carry_BTC ?? input.trunk[0], input),
    };
  },
});
