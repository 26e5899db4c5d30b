// D width, R rank.
import { defineHead, type Tensor2D, Type } from '@foretoken/core/plugin';

/**
 * Offset 1 is the trunk's state h; offset i > 1 is h + (h V_i) U_i, with V_i of [D,R] and U_i of [R,D].
 *
 * U_i starts at zero, so that a fresh head says the same at every offset and leaves it as training needs.
 *
 * @source ours; the rank-limited form of the linear head of Gloeckle et al. 2024, arXiv:2404.19737, app. B
 */
export default defineHead({
  name: 'low-rank',
  description: 'The trunk’s state plus a low-rank step for each further offset.',
  options: Type.Object({
    rank: Type.Integer({ minimum: 1, default: 8, description: 'Rank R of each offset’s step.' }),
  }),
  create({ ops, param, dims: { width, horizon } }, { rank }) {
    const steps = Array.from({ length: horizon - 1 }, (_, i) => ({
      down_DR: param<Tensor2D>(`down.${i + 2}`, [width, rank]),
      up_RD: param<Tensor2D>(`up.${i + 2}`, [rank, width], { kind: 'zeros' }),
    }));
    return {
      forward(offset, { trunk: [hidden_BTD] }) {
        if (offset === 1) return hidden_BTD;
        const { down_DR, up_RD } = steps[offset - 2];
        return ops.linear(ops.linear(hidden_BTD, down_DR), up_RD, { residual: hidden_BTD });
      },
    };
  },
});
