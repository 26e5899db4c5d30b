// M rows, K inner axis and N columns of a product, P matrices in a batch, D width, F inner width, B rows, T nodes, H attention
// heads, G key/value heads, d width of one attention head, R rows of a block, V vocabulary.
import type { Precision } from '../engine.ts';
import type { AdamWOptions, AdamWSlot } from '../ops/engine-ops.ts';
import type { Kernels, ProductOptions } from '../ops/kernels.ts';
import { type AncestorPass, attentionBy, type OwnKeyPass, unrolledAttentionBy } from '../ops/unrolled-attention.ts';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '../tensor.ts';
import { alias } from '../tfjs/internals.ts';
import type { NativeBackend } from './backend.ts';
import { Bridge } from './bridge.ts';
import { hostLogits } from './host-logits.ts';
import { cachedLayers } from './layers.ts';
import { ScratchArray } from './scratch-array.ts';
import { NativeKeyValueStore, ownStore } from './store.ts';
import { binaryNumber } from './tfjs/binary.ts';
import { unaryNumber } from './tfjs/unary.ts';

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

type Products = Pick<Kernels, 'product' | 'linear' | 'gatedMlp' | 'batchProduct'>;

function products(bridge: Bridge, precision: Precision): Products {
  const { addon } = bridge.backend;
  const isRounded = precision === 'bfloat16';
  const run = (a: Tensor, b: Tensor, batch: readonly number[], options: ProductOptions): Tensor => {
    const { transposeA = false, transposeB = false, bias_N, residual_MN } = options;
    const [rows, columns] = a.shape.slice(-2);
    const [M, K] = transposeA ? [columns, rows] : [rows, columns];
    const N = b.shape[b.shape.length - (transposeB ? 2 : 1)];
    const handle = addon.product(
      bridge.handle(a),
      bridge.handle(b),
      sizeOf(batch),
      M,
      N,
      K,
      transposeA,
      transposeB,
      bias_N === undefined ? 0 : bridge.handle(bias_N),
      residual_MN === undefined ? 0 : bridge.handle(residual_MN),
      isRounded,
    );
    return bridge.tensor(handle, [...batch, M, N]);
  };
  return {
    product: (a, b, options = {}) => run(a, b, [], options),
    linear: (x_I, weight_IO, { bias_O, residual } = {}) => {
      const [I, O] = weight_IO.shape;
      const handle = addon.product(
        bridge.handle(x_I),
        bridge.handle(weight_IO),
        1,
        I === 0 ? sizeOf(x_I.shape.slice(0, -1)) : x_I.size / I,
        O,
        I,
        false,
        false,
        bias_O === undefined ? 0 : bridge.handle(bias_O),
        residual === undefined ? 0 : bridge.handle(residual),
        isRounded,
      );
      return bridge.tensor(handle, x_I.shape.with(-1, O));
    },
    gatedMlp: (x_D, gate_DF, up_DF, down_FD, residual) => {
      const [D, F] = gate_DF.shape;
      const [x, gate, up, down] = [x_D, gate_DF, up_DF, down_FD].map((tensor) => bridge.handle(tensor));
      const rest = residual === undefined ? 0 : bridge.handle(residual);
      const N = D === 0 ? sizeOf(x_D.shape.slice(0, -1)) : x_D.size / D;
      return bridge.tensor(addon.gatedMlp(x, gate, up, down, N, D, F, rest, isRounded), x_D.shape);
    },
    batchProduct: (a, b, options = {}) => run(a, b, [a.shape[0]], options),
  };
}

type Blocks = Pick<Kernels, 'transpose' | 'cut' | 'place' | 'join' | 'ids' | 'gather' | 'scatter'>;

/** The addon's number of float32. */
const FLOAT32 = 0;
const SILU = unaryNumber('Silu');
const ADD = binaryNumber('Add');

function blocks(bridge: Bridge): Blocks {
  const { addon } = bridge.backend;
  const ofRows = new ScratchArray(Int32Array);
  const ofWidths = new ScratchArray(Int32Array);
  const asIndices = (rows: ArrayLike<number>) => (rows instanceof Int32Array ? rows : Int32Array.from(rows));
  const split = (shape: readonly number[], axis: number) => ({
    rows: sizeOf(shape.slice(0, axis)),
    inner: sizeOf(shape.slice(axis + 1)),
  });
  return {
    transpose: (x_MN) => {
      const [M, N] = x_MN.shape;
      return bridge.tensor(addon.transpose(bridge.handle(x_MN), M, N), [N, M]);
    },
    cut: (x, axis, begin, size) => {
      const { rows, inner } = split(x.shape, axis);
      const handle = addon.cut(bridge.handle(x), rows, x.shape[axis] * inner, begin * inner, size * inner);
      return bridge.tensor(handle, x.shape.with(axis, size));
    },
    place: (block, shape, axis, begin) => {
      const { rows, inner } = split(shape, axis);
      const size = block.shape[axis] * inner;
      return bridge.tensor(addon.place(bridge.handle(block), rows, shape[axis] * inner, begin * inner, size), shape);
    },
    join: (parts, axis) => {
      const { rows } = split(parts[0].shape, axis);
      const widths = ofWidths.of(parts.length);
      let size = 0;
      for (let index = 0; index < parts.length; index++) {
        widths[index] = parts[index].size / rows;
        size += parts[index].shape[axis];
      }
      return bridge.tensor(addon.concat(FLOAT32, bridge.handles(parts), widths, rows), parts[0].shape.with(axis, size));
    },
    ids: ({ dataId }) => bridge.backend.find(dataId).waiting,
    gather: (x, rows, leading = [rows.length]) => {
      const row = x.shape.slice(1);
      const handle = addon.gather(bridge.handle(x), ofRows.copyOf(rows), x.shape[0], sizeOf(row));
      return bridge.tensor(handle, [...leading, ...row]);
    },
    scatter: (rows, at, shape) => {
      const handle = addon.scatter(bridge.handle(rows), asIndices(at), shape[0], sizeOf(shape.slice(1)));
      return bridge.tensor(handle, shape);
    },
  };
}

type Rowwise = Pick<
  Kernels,
  'rmsNorm' | 'rmsNormGradients' | 'silu' | 'gated' | 'gatedGradients' | 'rotate' | 'crossEntropy' | 'sample'
>;

function rowwise(bridge: Bridge): Rowwise {
  const { addon } = bridge.backend;
  const rowsOf = (x: Tensor, D: number) => (D === 0 ? 0 : x.size / D);
  return {
    rmsNorm: (x, gain_D, epsilon) => {
      const D = gain_D.size;
      return bridge.tensor(addon.rmsNorm(bridge.handle(x), bridge.handle(gain_D), rowsOf(x, D), D, epsilon), x.shape);
    },
    rmsNormGradients: (dy, x, gain_D, epsilon, scale) => {
      const D = gain_D.size;
      const [flow, input, gain] = [dy, x, gain_D].map((tensor) => bridge.handle(tensor));
      const [dx, dGain] = addon.rmsNormGradients(flow, input, gain, rowsOf(x, D), D, epsilon, scale);
      return [bridge.tensor(dx, x.shape), bridge.tensor(dGain, gain_D.shape)];
    },
    silu: (x, residual) => {
      const made = addon.unary(SILU, FLOAT32, bridge.handle(x), x.size);
      if (residual === undefined) return bridge.tensor(made, x.shape);
      try {
        return bridge.tensor(addon.binary(ADD, FLOAT32, made, x.size, bridge.handle(residual), x.size), x.shape);
      } finally {
        addon.free(made);
      }
    },
    gated: (gate_NF, up_NF) =>
      bridge.tensor(addon.gated(bridge.handle(gate_NF), bridge.handle(up_NF), gate_NF.size), gate_NF.shape),
    gatedGradients: (dInner_NF, gate_NF, up_NF) => {
      const [flow, gate, up] = [dInner_NF, gate_NF, up_NF].map((tensor) => bridge.handle(tensor));
      const made = addon.gatedGradients(flow, gate, up, gate_NF.size);
      return made.map((handle) => bridge.tensor(handle, gate_NF.shape)) as [Tensor, Tensor, Tensor];
    },
    rotate: (x_BTHd, tables, direction) => {
      const [B, T, H, d] = x_BTHd.shape;
      const [cosines, sines] = tables.map((table) => bridge.handle(table));
      return bridge.tensor(addon.rotate(bridge.handle(x_BTHd), cosines, sines, B * T, H, d, direction), x_BTHd.shape);
    },
    sample: (logits_NV, uniform_N, temperature) => {
      const [N, V] = logits_NV.shape;
      const handle = addon.sample(bridge.handle(logits_NV), Float64Array.from(uniform_N), N, V, temperature);
      return bridge.tensor<Tensor1D>(handle, [N], 'int32');
    },
    crossEntropy: (logits_RV, target_R) => {
      const [R, V] = logits_RV.shape;
      const [loss, dLogits] = addon.crossEntropy(bridge.handle(logits_RV), target_R, R, V);
      return { loss_R: bridge.tensor<Tensor1D>(loss, [R]), dLogits_RV: bridge.tensor<Tensor2D>(dLogits, [R, V]) };
    },
  };
}

type Optimizing = Pick<Kernels, 'adamw' | 'sumOfSquares'>;

function optimizing(bridge: Bridge): Optimizing {
  const { addon } = bridge.backend;
  return {
    adamw: (slots: readonly AdamWSlot[], options: AdamWOptions) => {
      const { learningRate, beta1, beta2, epsilon, weightDecay, step, gradientScale } = options;
      const all = slots.flatMap(({ weight, gradient, moment1, moment2 }) => [weight, gradient, moment1, moment2]);
      const numbers = [learningRate, beta1, beta2, epsilon, weightDecay, step, gradientScale];
      addon.adamw(bridge.handles(all), Float64Array.from(numbers));
      return slots.map(({ weight, moment1, moment2 }) => ({
        weight: alias(weight),
        moment1: alias(moment1),
        moment2: alias(moment2),
      }));
    },
    sumOfSquares: (tensors) => addon.sumOfSquares(bridge.handles(tensors)),
  };
}

type Attending = Pick<Kernels, 'attention' | 'unrolledAttention' | 'createStore' | 'cachedAttention'>;

function ancestorPass(bridge: Bridge): AncestorPass {
  const { addon } = bridge.backend;
  return {
    forward(q, k, v, at, { B, T, H, G, d }) {
      const [Q, K, V] = [q, k, v].map((tensor) => bridge.handle(tensor));
      const [out, stats] = addon.attention(Q, K, V, B, T, H, G, d, at.parent_BT, at.length_B);
      return { out: bridge.tensor<Tensor4D>(out, q.shape), stats: bridge.tensor(stats, [B, H, T, 2]) };
    },
    backward({ dy, q, k, v, out, stats }, { parent_BT, length_B }, { B, T, H, G, d }) {
      const [Q, K, V, O, S, flow] = [q, k, v, out, stats, dy].map((tensor) => bridge.handle(tensor));
      const made = addon.attentionGradients(Q, K, V, B, T, H, G, d, parent_BT, length_B, O, S, flow);
      return made.map((handle, index) => bridge.tensor(handle, [q, k, v][index].shape));
    },
  };
}

function ownKeyPass(bridge: Bridge): OwnKeyPass {
  const { addon } = bridge.backend;
  return {
    widen(q, { out, stats }, own, { B, T, H, G, d }) {
      const [Q, O, S] = [q, out, stats].map((tensor) => bridge.handle(tensor));
      const made = addon.widenAttention(Q, O, S, B, T, H, G, d, bridge.handles(own));
      const shapes = [q.shape, stats.shape, [own.length / 2, B, H, T]];
      return made.map((handle, index) => bridge.tensor(handle, shapes[index])) as ReturnType<OwnKeyPass['widen']>;
    },
    gradients(inputs, own, { B, T, H, G, d }) {
      const [dq, dy, Q, O, W] = inputs.map((tensor) => bridge.handle(tensor));
      const made = addon.ownKeyGradients(dq, dy, Q, O, W, B, T, H, G, d, bridge.handles(own));
      return made.map((handle, index) => bridge.tensor(handle, [inputs[2], ...own][index].shape));
    },
  };
}

function attending(bridge: Bridge): Attending {
  const { addon } = bridge.backend;
  const pass = ancestorPass(bridge);
  return {
    attention: attentionBy(pass),
    unrolledAttention: unrolledAttentionBy(pass, ownKeyPass(bridge)),
    createStore: (slot) => new NativeKeyValueStore(addon, slot),
    cachedAttention: (q, k, v, at, store, { B, T, H, G, d }) => {
      const [Q, K, V] = [q, k, v].map((tensor) => bridge.handle(tensor));
      const own = ownStore('attention', store).handle;
      return bridge.tensor(addon.storeAttend(own, Q, K, V, B, T, H, G, d, at.parent_BT, at.length_B), q.shape);
    },
  };
}

/** Paths of rows, kept in several stores by one call. */
function commitStores(bridge: Bridge): Kernels['commitStores'] {
  const { addon } = bridge.backend;
  const arrays = {
    numbers: new ScratchArray(Float64Array),
    rows: new ScratchArray(Float64Array),
    nodes: new ScratchArray(Int32Array),
    ends: new ScratchArray(Int32Array),
  };
  return (stores, rows, paths) => {
    const numbers = arrays.numbers.of(stores.length);
    for (let index = 0; index < stores.length; index++) numbers[index] = ownStore('commit', stores[index]).number;
    const ends = arrays.ends.of(rows.length);
    let count = 0;
    for (let index = 0; index < rows.length; index++) ends[index] = count += paths[index].length;
    const nodes = arrays.nodes.of(count);
    for (let index = 0; index < rows.length; index++) nodes.set(paths[index], ends[index] - paths[index].length);
    const rowNumbers = arrays.rows.of(rows.length);
    rowNumbers.set(rows);
    addon.storesCommit(numbers, rowNumbers, nodes, ends);
  };
}

/** Every computation of {@link Kernels}, by the addon. */
export function nativeKernels(backend: NativeBackend, precision: Precision): Kernels {
  const bridge = new Bridge(backend);
  return {
    ...products(bridge, precision),
    ...blocks(bridge),
    ...rowwise(bridge),
    ...optimizing(bridge),
    ...attending(bridge),
    commitStores: commitStores(bridge),
    cachedLayers: cachedLayers(bridge, precision),
    hostLogits: hostLogits(bridge, precision),
  };
}
