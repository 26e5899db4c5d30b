// B rows, T nodes a row, D width, H attention heads, G key/value heads, d width of one attention head, F width of the MLP.
import { ForetokenError, shapeMismatch } from '../errors.ts';
import type { KeyValueStore } from '../key-values.ts';
import type { Nodes } from '../nodes.ts';
import type { Tensor3D } from '../tensor.ts';
import { tfjsEngine } from '../tfjs/internals.ts';
import type { TransformerLayerShape, TransformerLayerWeights } from './contract.ts';
import type { Kernels } from './kernels.ts';
import { type LayerOps, layerByOps } from './layer-by-ops.ts';
import { RMS_EPSILON } from './rms-norm.ts';
import { rotaryTables } from './rotary.ts';

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
