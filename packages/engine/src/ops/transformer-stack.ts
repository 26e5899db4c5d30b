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

/** Name of the operation, for errors. */
const NAME = 'transformerStack';

/** Layers in a row that have one width of attention heads and one rotary base. */
type Alike = readonly StackedLayer[];

/** What was found of lists that do not change: the parts that are alike, in their order. */
const known = new WeakMap<readonly StackedLayer[], readonly Alike[]>();

/**
 * {@link layerByOps} with a past and without a gradient, layer after layer: in one call where the engine has a kernel for it.
 *
 * What an engine with the kernel refuses is refused by all, and for an input without an element, too.
 * @throws ENGINE_MISUSE under a tape or where two layers share a store; SHAPE_MISMATCH
 */
export function transformerStack(
  kernels: Kernels,
  ops: LayerOps,
  x_BTD: Tensor3D,
  layers: readonly StackedLayer[],
  at: Nodes,
): Tensor3D {
  if (layers.length === 0) return x_BTD;
  if (tfjsEngine().isTapeOn()) {
    throw new ForetokenError('ENGINE_MISUSE', `${NAME} has no gradient; record its parts, without a store.`);
  }
  const parts = known.get(layers) ?? partsOf(layers);
  checkInput(x_BTD, layers[0], at);
  let y_BTD = x_BTD;
  if (!kernels.cachedLayers || x_BTD.size === 0) {
    for (const { weights, store, shape } of layers) y_BTD = layerByOps(ops, y_BTD, weights, at, store, shape);
    return y_BTD;
  }
  for (const alike of parts) y_BTD = kernels.cachedLayers(y_BTD, alike, at, RMS_EPSILON);
  return y_BTD;
}

/** Looks layers through; those of a list that does not change, once. */
function partsOf(layers: readonly StackedLayer[]): readonly Alike[] {
  for (let index = 0; index < layers.length; index++) checkLayer(layers, index);
  const parts: Alike[] = [];
  for (let first = 0, end = 0; first < layers.length; first = end) {
    const d = headWidth(layers[first]);
    const { rotaryBase } = layers[first].shape;
    while (end < layers.length && headWidth(layers[end]) === d && layers[end].shape.rotaryBase === rotaryBase) end++;
    parts.push(first === 0 && end === layers.length ? layers : Object.freeze(layers.slice(first, end)));
  }
  if (Object.isFrozen(layers)) known.set(layers, parts);
  return parts;
}

const headWidth = ({ weights, shape }: StackedLayer): number => weights.query_DC.shape[1] / shape.attentionHeads;

function checkLayer(layers: readonly StackedLayer[], index: number): void {
  const { weights, store, shape } = layers[index];
  for (let other = 0; other < index; other++) {
    if (layers[other].store !== store) continue;
    throw new ForetokenError(
      'ENGINE_MISUSE',
      `${NAME}: two layers share the key/value store "${store.slot}". Give each layer its own.`,
    );
  }
  checkWeights(weights, shape, layers[0].weights.query_DC.shape[0]);
}

function checkWeights(w: TransformerLayerWeights, shape: TransformerLayerShape, D: number): void {
  const { attentionHeads: H, keyValueHeads: G } = shape;
  const C = w.query_DC.shape[1];
  const E = w.key_DE.shape[1];
  const F = w.gate_DF.shape[1];
  const fits =
    C % (2 * H) === 0 &&
    E * H === C * G &&
    H % G === 0 &&
    isMatrix(w.query_DC.shape, D, C) &&
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
    NAME,
    `weights of D = ${D}, ${H} attention and ${G} key/value heads of one even width`,
    `query [${w.query_DC.shape}], key [${w.key_DE.shape}], gate [${w.gate_DF.shape}]`,
  );
}

function checkInput({ shape }: Tensor3D, { weights }: StackedLayer, { B, T, position_BT }: Nodes): void {
  const [D] = weights.query_DC.shape;
  if (shape.length !== 3 || shape[0] !== B || shape[1] !== T || shape[2] !== D)
    throw shapeMismatch(NAME, `x [B,T,D] over ${B} x ${T} nodes, of the weights' D = ${D}`, `[${shape}]`);
  for (let node = 0; node < position_BT.length; node++) {
    if (position_BT[node] >= 0) continue;
    throw shapeMismatch(NAME, 'nodes at positions from 0 on', `${position_BT[node]}`);
  }
}

const isMatrix = ([rows, columns]: readonly number[], M: number, N: number): boolean => rows === M && columns === N;
