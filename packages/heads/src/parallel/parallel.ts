import { createTransformerBlock, defineHead } from '@foretoken/core/plugin';

/**
 * The paper's head: one transformer layer per offset, side by side on the trunk's output. Offset 1's layer is the last
 * layer of the one-token baseline.
 *
 * @source Gloeckle et al. 2024, arXiv:2404.19737, sec. 2
 */
export default defineHead({
  name: 'parallel',
  description: 'One transformer layer per offset, side by side on the trunk (the paper’s head).',
  blocksPerOffset: 1,
  create({ ops, param, dims }) {
    const blocks = Array.from({ length: dims.horizon }, (_, i) =>
      createTransformerBlock({ ops, param }, `blocks.${i + 1}`, dims),
    );
    return {
      memory: 'per-offset',
      forward: (offset, { trunk: [hidden_BTD], at, memory }) =>
        blocks[offset - 1](hidden_BTD, at, memory.kv(`blocks.${offset}`)),
    };
  },
});
