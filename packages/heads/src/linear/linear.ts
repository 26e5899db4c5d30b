// D width.
import { defineHead, type Tensor2D, Type } from '@foretoken/core/plugin';

/**
 * The paper's linear head: one matrix per offset and no nonlinearity, on the trunk's output.
 *
 * @source Gloeckle et al. 2024, arXiv:2404.19737, app. B; the residual form is ours
 */
export default defineHead({
  name: 'linear',
  description: 'One matrix per offset on the trunk’s output.',
  options: Type.Object({
    residual: Type.Boolean({ default: false, description: 'Add the trunk’s state to the matrix’s output.' }),
  }),
  create({ ops, param, dims: { width, horizon } }, { residual }) {
    const weights_DD = Array.from({ length: horizon }, (_, i) =>
      param<Tensor2D>(`weights.${i + 1}`, [width, width], residual ? { kind: 'zeros' } : { kind: 'identity' }),
    );
    return {
      forward: (offset, { trunk: [hidden_BTD] }) =>
        ops.linear(hidden_BTD, weights_DD[offset - 1], residual ? { residual: hidden_BTD } : {}),
    };
  },
});
