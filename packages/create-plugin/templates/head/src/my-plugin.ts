// B rows, T positions, D width, R rank.
import { defineHead, type Tensor2D, Type } from '@foretoken/core/plugin';

/**
 * Offset i > 1 is the trunk's state and a low-rank step of its own: `h_i = h + silu(h V_i) U_i`. Offset 1 is `h`.
 *
 * `U_i` starts at zero, so that a fresh head says the same at every offset.
 *
 * @source name the paper, or say that it is yours
 */
export default defineHead({
  name: 'my-plugin',
  description: 'The trunk’s state plus a gated low-rank step for each further offset.',
  options: Type.Object({
    rank: Type.Integer({ minimum: 1, default: 8, description: 'Rank R of each offset’s step.' }),
  }),
  create({ ops, param, dims: { width, horizon } }, { rank }) {
    const steps = Array.from({ length: horizon - 1 }, (_, i) => ({
      down_DR: param<Tensor2D>(`down.${i + 2}`, [width, rank], {
        kind: 'normal',
        standardDeviation: 1 / Math.sqrt(width),
      }),
      up_RD: param<Tensor2D>(`up.${i + 2}`, [rank, width], { kind: 'zeros' }),
    }));
    return {
      forward(offset, { trunk: [hidden_BTD] }) {
        if (offset === 1) return hidden_BTD;
        const { down_DR, up_RD } = steps[offset - 2];
        const inner_BTR = ops.silu(ops.linear(hidden_BTD, down_DR));
        return ops.linear(inner_BTR, up_RD, { residual: hidden_BTD });
      },
    };
  },
});
