// D width, H attention heads, G key/value heads, d width of one attention head, F width of the MLP.
import type { Precision } from '../engine.ts';
import type { StackedLayer } from '../ops/engine-ops.ts';
import type { Kernels } from '../ops/kernels.ts';
import type { Bridge } from './bridge.ts';
import { ScratchArray } from './scratch-array.ts';
import { ownStore } from './store.ts';

/** Weights of a layer, sizes of a layer: as the addon takes them. */
const NUM_WEIGHTS = 9;
const NUM_SIZES = 4;

/** `EngineOps.transformerStack`, the whole of it in one call of the addon. */
export function cachedLayers(bridge: Bridge, precision: Precision): NonNullable<Kernels['cachedLayers']> {
  const { addon } = bridge.backend;
  const isRounded = precision === 'bfloat16';
  const describe = describer(bridge);
  return (x_BTD, layers, [cosines, sines], at, epsilon) => {
    const { stores, weights, sizes } = describe(layers);
    const handle = addon.storesLayers(
      stores,
      bridge.handle(x_BTD),
      weights,
      sizes,
      bridge.handle(cosines),
      bridge.handle(sines),
      at.B,
      at.T,
      x_BTD.shape[2],
      at.parent_BT,
      at.length_B,
      epsilon,
      isRounded,
    );
    return bridge.tensor(handle, x_BTD.shape);
  };
}

/** Layers as the addon takes them: numbers of stores, handles of weights, sizes; each overwritten by the next call. */
function describer(bridge: Bridge) {
  const ofStores = new ScratchArray(Float64Array);
  const ofWeights = new ScratchArray(Float64Array);
  const ofSizes = new ScratchArray(Int32Array);
  return (layers: readonly StackedLayer[]) => {
    const stores = ofStores.of(layers.length);
    const weights = ofWeights.of(NUM_WEIGHTS * layers.length);
    const sizes = ofSizes.of(NUM_SIZES * layers.length);
    for (let index = 0; index < layers.length; index++) {
      stores[index] = ownStore('transformerStack', layers[index].store).number;
      putWeights(bridge, layers[index], weights, NUM_WEIGHTS * index);
      putSizes(layers[index], sizes, NUM_SIZES * index);
    }
    return { stores, weights, sizes };
  };
}

function putWeights(bridge: Bridge, { weights: w }: StackedLayer, to: Float64Array, first: number): void {
  to[first] = bridge.handle(w.attentionGain_D);
  to[first + 1] = bridge.handle(w.query_DC);
  to[first + 2] = bridge.handle(w.key_DE);
  to[first + 3] = bridge.handle(w.value_DE);
  to[first + 4] = bridge.handle(w.output_CD);
  to[first + 5] = bridge.handle(w.mlpGain_D);
  to[first + 6] = bridge.handle(w.gate_DF);
  to[first + 7] = bridge.handle(w.up_DF);
  to[first + 8] = bridge.handle(w.down_FD);
}

function putSizes({ weights, shape }: StackedLayer, to: Int32Array, first: number): void {
  const { attentionHeads: H, keyValueHeads: G } = shape;
  to[first] = H;
  to[first + 1] = G;
  to[first + 2] = weights.query_DC.shape[1] / H;
  to[first + 3] = weights.gate_DF.shape[1];
}
