// B rows, T nodes a row, N = B*T, D width, H attention heads, G key/value heads, d width of one attention head, F width of the MLP.
import { ForetokenError, shapeMismatch } from '../errors.ts';
import type { KeyValueStore, KeyValues } from '../key-values.ts';
import type { Nodes } from '../nodes.ts';
import type { Tensor3D, Tensor4D } from '../tensor.ts';
import { tfjsEngine } from '../tfjs/internals.ts';
import type { Ops, TransformerLayerShape, TransformerLayerWeights } from './contract.ts';
import type { Kernels } from './kernels.ts';
import { RMS_EPSILON } from './rms-norm.ts';
import { rotaryTables } from './rotary.ts';

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

/**
 * {@link layerByOps} with a past and without a gradient: in one call where the engine has a kernel for it.
 *
 * What an engine with the kernel refuses is refused by all, and for an input without an element, too.
 * @throws ENGINE_MISUSE under a tape; SHAPE_MISMATCH
 */
export function transformerLayer(
  kernels: Kernels,
  ops: LayerOps,
  x_BTD: Tensor3D,
  weights: TransformerLayerWeights,
  at: Nodes,
  store: KeyValueStore,
  shape: TransformerLayerShape,
): Tensor3D {
  if (tfjsEngine().isTapeOn()) {
    throw new ForetokenError('ENGINE_MISUSE', 'transformerLayer has no gradient; record its parts, without a store.');
  }
  const d = checkSizes(x_BTD, weights, at, shape);
  if (!kernels.cachedLayer || x_BTD.size === 0) return layerByOps(ops, x_BTD, weights, at, store, shape);
  const tables = rotaryTables(at, d, shape.rotaryBase);
  return kernels.cachedLayer(x_BTD, weights, tables, at, store, shape, RMS_EPSILON);
}

/** @returns the width of an attention head */
function checkSizes(x_BTD: Tensor3D, w: TransformerLayerWeights, at: Nodes, shape: TransformerLayerShape): number {
  const { attentionHeads: H, keyValueHeads: G } = shape;
  const [D, C] = w.query_DC.shape;
  const E = w.key_DE.shape[1];
  const F = w.gate_DF.shape[1];
  const [B, T, width] = x_BTD.shape;
  const fits =
    B === at.B &&
    T === at.T &&
    width === D &&
    C % (2 * H) === 0 &&
    E * H === C * G &&
    H % G === 0 &&
    isMatrix(w.key_DE.shape, D, E) &&
    isMatrix(w.value_DE.shape, D, E) &&
    isMatrix(w.output_CD.shape, C, D) &&
    isMatrix(w.gate_DF.shape, D, F) &&
    isMatrix(w.up_DF.shape, D, F) &&
    isMatrix(w.down_FD.shape, F, D) &&
    w.attentionGain_D.size === D &&
    w.mlpGain_D.size === D;
  if (fits) return C / H;
  throw shapeMismatch(
    'transformerLayer',
    `x [B,T,D] over ${at.B} x ${at.T} nodes and weights of D, ${H} attention and ${G} key/value heads of one even width`,
    `x [${x_BTD.shape}], query [${w.query_DC.shape}], key [${w.key_DE.shape}], gate [${w.gate_DF.shape}]`,
  );
}

const isMatrix = ([rows, columns]: readonly number[], M: number, N: number): boolean => rows === M && columns === N;
