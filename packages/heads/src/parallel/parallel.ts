import { defineHead, Type } from '@foretoken/core/plugin';
import { blocksOption, createOffsetBlocks } from '../layers/offset-blocks.ts';

/**
 * The paper's head: one transformer layer (or a few) per offset, side by side on the trunk's output. Offset 1's layer is
 * the last layer of the one-token baseline.
 *
 * @source Gloeckle et al. 2024, arXiv:2404.19737, sec. 2; more than one layer is ours
 */
export default defineHead({
  name: 'parallel',
  description: 'One transformer layer per offset, side by side on the trunk (the paper’s head).',
  options: Type.Object({ blocks: blocksOption() }),
  blocksPerOffset: ({ blocks }) => blocks,
  create(context, { blocks }) {
    const run = createOffsetBlocks(context, blocks);
    return {
      memory: 'per-offset',
      forward: (offset, input) => run(offset, input.trunk[0], input),
    };
  },
});
