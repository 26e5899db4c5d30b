// B rows, T nodes a row, D width, C = H*d and E = G*d widths of queries and keys, d width of one attention head.
// Loads no tensor library: plugins are built on it.
import type { KeyValues } from '../key-values.ts';
import type { Nodes } from '../nodes.ts';
import type { Tensor3D, Tensor4D } from '../tensor.ts';
import type { Ops, TransformerLayerWeights } from './contract.ts';
import type { TransformerLayerShape } from './engine-ops.ts';

/** What a transformer layer is made of. */
export type LayerOps = Pick<Ops, 'reshape' | 'linear' | 'rmsNorm' | 'rotary' | 'attention' | 'gatedMlp'>;

/**
 * A pre-norm transformer layer, operation by operation: differentiable where its attention is.
 *
 * @source Touvron et al. 2023, arXiv:2302.13971, sec. 2.2
 */
export function layerByOps(
  ops: LayerOps,
  x_BTD: Tensor3D,
  weights: TransformerLayerWeights,
  at: Nodes,
  kv: KeyValues,
  { attentionHeads, keyValueHeads, rotaryBase }: TransformerLayerShape,
): Tensor3D {
  const [B, T] = x_BTD.shape;
  const d = weights.query_DC.shape[1] / attentionHeads;
  const split = (y: Tensor3D, heads: number) => ops.reshape<Tensor4D>(y, [B, T, heads, d]);
  const normed_BTD = ops.rmsNorm(x_BTD, weights.attentionGain_D);
  const q_BTHd = ops.rotary(split(ops.linear(normed_BTD, weights.query_DC), attentionHeads), at, rotaryBase);
  const k_BTGd = ops.rotary(split(ops.linear(normed_BTD, weights.key_DE), keyValueHeads), at, rotaryBase);
  const v_BTGd = split(ops.linear(normed_BTD, weights.value_DE), keyValueHeads);
  const mixed_BTHd = ops.attention(q_BTHd, k_BTGd, v_BTGd, at, kv);
  const mixed_BTC = ops.reshape<Tensor3D>(mixed_BTHd, [B, T, attentionHeads * d]);
  const y_BTD = ops.linear(mixed_BTC, weights.output_CD, { residual: x_BTD });
  return ops.gatedMlp(ops.rmsNorm(y_BTD, weights.mlpGain_D), weights, { residual: y_BTD });
}
