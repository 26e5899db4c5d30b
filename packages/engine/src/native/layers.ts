// D width, H attention heads, G key/value heads, d width of one attention head, F width of the MLP.
import type { Precision } from '../engine.ts';
import type { StackedLayer } from '../ops/engine-ops.ts';
import type { Kernels } from '../ops/kernels.ts';
import type { Tensor } from '../tensor.ts';
import type { Handle } from './addon.ts';
import { Entry } from './backend.ts';
import type { Bridge } from './bridge.ts';
import type { RotaryTable } from './rotary-tables.ts';
import { ownStore } from './store.ts';

/** Sizes of a layer, as the addon takes them. */
const NUM_SIZES = 4;

/** Layers as the addon takes them. */
interface Description {
  /** Weights of all layers, one after the other. */
  readonly tensors: readonly Tensor[];
  /** Buffers of their values, as of the last call: a weight with other values has another. Absent where tfjs may move them. */
  readonly entries: (Entry | undefined)[];
  /** Their handles, as of the last call. */
  readonly weights: Float64Array;
  /** Numbers of stores. */
  readonly stores: Float64Array;
  readonly sizes: Int32Array;
  readonly rotary: RotaryTable;
}

/** `EngineOps.transformerStack`, the whole of it in one call of the addon. */
export function cachedLayers(bridge: Bridge, precision: Precision): NonNullable<Kernels['cachedLayers']> {
  const { addon } = bridge.backend;
  const isRounded = precision === 'bfloat16';
  const descriptions = new WeakMap<readonly StackedLayer[], Description>();
  return (x_BTD, layers, at, epsilon) => {
    let known = descriptions.get(layers);
    if (known === undefined) {
      known = describe(layers, bridge);
      if (Object.isFrozen(layers)) descriptions.set(layers, known);
    }
    const { weights, stores, sizes, rotary } = known;
    lookUpChanged(known, bridge);
    const run = (table: RotaryTable, rows: Int32Array): Handle =>
      addon.storesLayers(
        stores,
        bridge.handle(x_BTD),
        weights,
        sizes,
        table.cosines,
        table.sines,
        table.positions,
        rows,
        at.B,
        at.T,
        x_BTD.shape[2],
        at.parent_BT,
        at.length_B,
        epsilon,
        isRounded,
      );
    return bridge.tensor(rotary.with(at.position_BT, run), x_BTD.shape);
  };
}

/** Looks up the handles of weights that have got other values since the last call: most have the same for thousands of calls. */
function lookUpChanged({ tensors, entries, weights }: Description, bridge: Bridge): void {
  for (let index = 0; index < tensors.length; index++) {
    const { dataId } = tensors[index];
    if (dataId === entries[index]) continue;
    weights[index] = bridge.handle(tensors[index]);
    entries[index] = dataId instanceof Entry ? dataId : undefined;
  }
}

function describe(layers: readonly StackedLayer[], { backend }: Bridge): Description {
  const tensors = layers.flatMap(({ weights: w }): Tensor[] => [
    w.attentionGain_D,
    w.query_DC,
    w.key_DE,
    w.value_DE,
    w.output_CD,
    w.mlpGain_D,
    w.gate_DF,
    w.up_DF,
    w.down_FD,
  ]);
  const sizes = new Int32Array(NUM_SIZES * layers.length);
  for (const [index, { weights, shape }] of layers.entries()) {
    const { attentionHeads: H, keyValueHeads: G } = shape;
    sizes.set([H, G, weights.query_DC.shape[1] / H, weights.gate_DF.shape[1]], NUM_SIZES * index);
  }
  return {
    tensors,
    entries: Array.from(tensors, () => undefined),
    weights: new Float64Array(tensors.length),
    stores: Float64Array.from(layers, ({ store }) => ownStore('transformerStack', store).number),
    sizes,
    rotary: backend.rotary.of(sizes[2], layers[0].shape.rotaryBase),
  };
}
