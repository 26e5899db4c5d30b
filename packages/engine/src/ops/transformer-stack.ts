// B rows, T nodes a row, D width, H attention heads, G key/value heads, d width of one attention head, F width of the MLP.
import { ForetokenError, shapeMismatch } from '../errors.ts';
import type { Nodes } from '../nodes.ts';
import type { Tensor3D } from '../tensor.ts';
import { tfjsEngine } from '../tfjs/internals.ts';
import type { TransformerLayerWeights } from './contract.ts';
import type { StackedLayer, TransformerLayerShape } from './engine-ops.ts';
import type { Kernels } from './kernels.ts';
import { type LayerOps, layerByOps } from './layer-by-ops.ts';
import { RMS_EPSILON } from './rms-norm.ts';
import { rotaryTables } from './rotary.ts';

/**
 * {@link layerByOps} with a past and without a gradient, layer after layer: in one call where the engine has a kernel for it.
 *
 * What an engine with the kernel refuses is refused by all, and for an input without an element, too.
 * @param operation - its name, for errors
 * @throws ENGINE_MISUSE under a tape or where two layers share a store; SHAPE_MISMATCH
 */
export function transformerStack(
  kernels: Kernels,
  ops: LayerOps,
  x_BTD: Tensor3D,
  layers: readonly StackedLayer[],
  at: Nodes,
  operation: string,
): Tensor3D {
  if (layers.length === 0) return x_BTD;
  if (tfjsEngine().isTapeOn()) {
    throw new ForetokenError('ENGINE_MISUSE', `${operation} has no gradient; record its parts, without a store.`);
  }
  for (let index = 0; index < layers.length; index++) checkLayer(operation, x_BTD, layers, index, at);
  let y_BTD = x_BTD;
  if (!kernels.cachedLayers || x_BTD.size === 0) {
    for (const { weights, store, shape } of layers) y_BTD = layerByOps(ops, y_BTD, weights, at, store, shape);
    return y_BTD;
  }
  for (let first = 0, end = 0; first < layers.length; first = end) {
    const d = headWidth(layers[first]);
    const { rotaryBase } = layers[first].shape;
    while (end < layers.length && headWidth(layers[end]) === d && layers[end].shape.rotaryBase === rotaryBase) end++;
    const alike = first === 0 && end === layers.length ? layers : layers.slice(first, end);
    y_BTD = kernels.cachedLayers(y_BTD, alike, rotaryTables(at, d, rotaryBase), at, RMS_EPSILON);
  }
  return y_BTD;
}

const headWidth = ({ weights, shape }: StackedLayer): number => weights.query_DC.shape[1] / shape.attentionHeads;

function checkLayer(
  operation: string,
  x_BTD: Tensor3D,
  layers: readonly StackedLayer[],
  index: number,
  at: Nodes,
): void {
  const { weights, store, shape } = layers[index];
  for (let other = 0; other < index; other++) {
    if (layers[other].store !== store) continue;
    throw new ForetokenError(
      'ENGINE_MISUSE',
      `${operation}: two layers share the key/value store "${store.slot}". Give each layer its own.`,
    );
  }
  checkSizes(operation, x_BTD, weights, at, shape);
}

function checkSizes(
  operation: string,
  x_BTD: Tensor3D,
  w: TransformerLayerWeights,
  at: Nodes,
  shape: TransformerLayerShape,
): void {
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
  if (fits) return;
  throw shapeMismatch(
    operation,
    `x [B,T,D] over ${at.B} x ${at.T} nodes and weights of D, ${H} attention and ${G} key/value heads of one even width`,
    `x [${x_BTD.shape}], query [${w.query_DC.shape}], key [${w.key_DE.shape}], gate [${w.gate_DF.shape}]`,
  );
}

const isMatrix = ([rows, columns]: readonly number[], M: number, N: number): boolean => rows === M && columns === N;
