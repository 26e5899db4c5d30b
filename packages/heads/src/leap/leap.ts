// B rows, T positions, D width.
import { defineHead, ForetokenError, type Tensor3D, Type } from '@foretoken/core/plugin';
import { createResidualSilu, layersOption } from '../layers/residual-silu.ts';

/**
 * L-MTP: Medusa's layers at offsets with gaps between them: 1, 1 + stride, 1 + 2 stride, ... up to the horizon. Offset 1
 * is the trunk's output. What stands in a gap a decoding session takes from the next offset at an earlier position.
 *
 * @source Liu et al. 2025, arXiv:2505.17505, sec. 3
 */
export default defineHead({
  name: 'leap',
  description: 'Residual SiLU layers at offsets 1, 1 + stride, 1 + 2 stride, ... (L-MTP).',
  options: Type.Object({
    stride: Type.Integer({ minimum: 1, default: 2, description: 'Distance between the offsets that are predicted.' }),
    layers: layersOption(),
  }),
  create(context, { stride, layers }) {
    const offsets = leapOffsets(context.dims.horizon, stride);
    const further = new Map(
      offsets.slice(1).map((offset) => [offset, createResidualSilu(context, `layers.${offset}`, layers)]),
    );
    const predict = (offset: number, hidden_BTD: Tensor3D) => further.get(offset)?.(hidden_BTD) ?? hidden_BTD;
    return { offsets, forward: (offset, { trunk: [hidden_BTD] }) => predict(offset, hidden_BTD) };
  },
});

/** @throws OPTIONS_INVALID if a horizon above 1 holds no offset but 1: its arm would be that of horizon 1 */
function leapOffsets(horizon: number, stride: number): readonly number[] {
  if (horizon > 1 && horizon <= stride) {
    throw new ForetokenError(
      'OPTIONS_INVALID',
      `head "leap": stride must be below the horizon ${horizon}, or offset 1 is all there is, was ${stride}. ` +
        'Use a smaller stride or a longer horizon.',
    );
  }
  return Array.from({ length: Math.floor((horizon - 1) / stride) + 1 }, (_, k) => 1 + k * stride);
}
