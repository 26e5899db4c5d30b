// B rows, T nodes a row, D width, H attention heads, G key/value heads, d width of one attention head, F width of the MLP.
import type {
  KeyValueStore,
  KeyValues,
  Nodes,
  Ops,
  StackedLayer,
  Tensor1D,
  Tensor2D,
  Tensor3D,
  TransformerLayerWeights,
} from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import { layerByOps } from '@foretoken/engine/layer';
import { engineOpsOf } from '@foretoken/engine/plugin-ops';
import type { BlockShape, ParamFactory } from '../contracts/parameters.ts';

/** A pre-norm transformer layer as a function of its input and its place. */
export interface TransformerBlock {
  /** Runs the layer; its keys and values of this forward are appended to `kv`. */
  (x_BTD: Tensor3D, at: Nodes, kv: KeyValues): Tensor3D;
  /** What it is made of: for {@link runTransformerBlocks}. */
  readonly weights: TransformerLayerWeights;
  /** Its sizes beside the width. */
  readonly shape: BlockShape;
}

/**
 * One Llama-style layer: RMS norm, rotary grouped-query attention, residual; RMS norm, SwiGLU, residual. Trunks stack
 * it; a head that is "one transformer layer" is exactly one. No biases, no dropout. A matrix starts with standard
 * deviation 1/sqrt(its inputs): a fixed 0.02 leaves narrow blocks nearly inert for their first hundreds of steps.
 *
 * @param context - `ops` and `param` of the trunk's or head's context
 * @param name - prefix of the weights' names, such as `blocks.0`
 * @param layers - blocks in all: residual projections start smaller by 1/sqrt(2 layers)
 * @throws OPTIONS_INVALID if the width does not divide into attention heads of even width
 * @source Touvron et al. 2023, arXiv:2302.13971, sec. 2.2; initialization LeCun et al. 1998, sec. 4.6, with the residual
 * scaling of Radford et al. 2019, sec. 2.3
 */
export function createTransformerBlock(
  context: { readonly ops: Ops; readonly param: ParamFactory },
  name: string,
  { width, layers, block }: { width: number; layers: number; block: BlockShape },
): TransformerBlock {
  const { ops, param } = context;
  const { attentionHeads: H, keyValueHeads: G, mlpWidth: F } = block;
  const d = checkedHeadWidth(name, width, H, G);
  const into = (inputs: number, share = 1) =>
    ({ kind: 'normal', standardDeviation: share / Math.sqrt(inputs) }) as const;
  const residual = 1 / Math.sqrt(2 * layers);
  const weights: TransformerLayerWeights = {
    attentionGain_D: param<Tensor1D>(`${name}.attention-norm`, [width], { kind: 'ones' }),
    query_DC: param<Tensor2D>(`${name}.query`, [width, H * d], into(width)),
    key_DE: param<Tensor2D>(`${name}.key`, [width, G * d], into(width)),
    value_DE: param<Tensor2D>(`${name}.value`, [width, G * d], into(width)),
    output_CD: param<Tensor2D>(`${name}.output`, [H * d, width], into(H * d, residual)),
    mlpGain_D: param<Tensor1D>(`${name}.mlp-norm`, [width], { kind: 'ones' }),
    gate_DF: param<Tensor2D>(`${name}.gate`, [width, F], into(width)),
    up_DF: param<Tensor2D>(`${name}.up`, [width, F], into(width)),
    down_FD: param<Tensor2D>(`${name}.down`, [F, width], into(F, residual)),
  };
  const made = { weights, shape: block };
  const alone = [made];
  const run = (x_BTD: Tensor3D, at: Nodes, kv: KeyValues) => runTransformerBlocks(ops, alone, x_BTD, at, [kv]);
  return Object.assign(run, made);
}

/**
 * Blocks one after the other, the same bits as each by itself: with a past, in one call where the engine can.
 * @param kvs - keys and values of each block
 */
export function runTransformerBlocks(
  ops: Ops,
  blocks: readonly Pick<TransformerBlock, 'weights' | 'shape'>[],
  x_BTD: Tensor3D,
  at: Nodes,
  kvs: readonly KeyValues[],
): Tensor3D {
  const whole = engineOpsOf(ops);
  if (whole && areStores(kvs)) return whole.transformerStack(x_BTD, layersOf(blocks, kvs), at);
  return blocks.reduce((y_BTD, { weights, shape }, i) => layerByOps(ops, y_BTD, weights, at, kvs[i], shape), x_BTD);
}

/** Layers by their first store: a session runs the same ones in every forward, and the engine looks through them once. */
const known = new WeakMap<KeyValueStore, readonly StackedLayer[]>();

function layersOf(
  blocks: readonly Pick<TransformerBlock, 'weights' | 'shape'>[],
  stores: readonly KeyValueStore[],
): readonly StackedLayer[] {
  if (blocks.length === 0) return [];
  const before = known.get(stores[0]);
  if (before?.length === blocks.length) {
    let index = 0;
    while (index < blocks.length && isLayer(before[index], blocks[index], stores[index])) index++;
    if (index === blocks.length) return before;
  }
  const layers: StackedLayer[] = [];
  for (const { weights, shape } of blocks) layers.push({ weights, shape, store: stores[layers.length] });
  known.set(stores[0], Object.freeze(layers));
  return layers;
}

const isLayer = (
  layer: StackedLayer,
  { weights, shape }: Pick<TransformerBlock, 'weights' | 'shape'>,
  store: KeyValueStore,
): boolean => layer.weights === weights && layer.shape === shape && layer.store === store;

/** Whether a forward has a past, and so wants no gradient. */
function areStores(kvs: readonly KeyValues[]): kvs is readonly KeyValueStore[] {
  for (const kv of kvs) if (!('bind' in kv)) return false;
  return true;
}

/** Inner width of a SwiGLU of about the same size as a 4x MLP: 8/3 of the width, rounded up to a multiple of 64. */
export function defaultMlpWidth(width: number): number {
  return Math.ceil((width * 8) / 3 / 64) * 64;
}

function checkedHeadWidth(name: string, width: number, attentionHeads: number, keyValueHeads: number): number {
  const d = width / attentionHeads;
  if (!Number.isInteger(d) || d % 2 !== 0) {
    throw new ForetokenError(
      'OPTIONS_INVALID',
      `transformer block "${name}": width / attentionHeads must be an even integer, was ${width} / ${attentionHeads}.`,
    );
  }
  if (attentionHeads % keyValueHeads !== 0) {
    throw new ForetokenError(
      'OPTIONS_INVALID',
      `transformer block "${name}": attentionHeads must be a multiple of keyValueHeads, was ${attentionHeads} of ${keyValueHeads}.`,
    );
  }
  return d;
}
