// B rows, T nodes, H attention heads, G key/value heads, d width of one attention head, C = G*d.
import { ForetokenError } from '../../errors.ts';
import type { KeyValueStore } from '../../key-values.ts';
import { derived, type Nodes } from '../../nodes.ts';
import type { AttentionSizes } from '../../ops/attention-pairs.ts';
import { announce } from '../../ops/cached-attention.ts';
import { attentionFlows, attentionGradients, maskOf } from '../../ops/composite/attention.ts';
import type { Kernels } from '../../ops/kernels.ts';
import { type Tensor, type Tensor4D, tf } from '../../tensor.ts';
import { differentiable } from '../../tfjs/differentiable.ts';
import { tfjsEngine } from '../../tfjs/internals.ts';
import type { GpuBuffer } from './dawn.ts';
import { GpuKeyValueStore, type GpuRow } from './key-values.ts';
import type { GpuLauncher } from './launcher.ts';
import { attention as attentionShader, remember } from './shaders/attention.ts';
import { type NewNodes, sightsOf, sightsOfRows } from './sights.ts';
import { SlotPool } from './slot-pool.ts';

/** Attention without and with a past on the GPU. */
export function attentionKernels(gpu: GpuLauncher): Pick<Kernels, 'attention' | 'createStore' | 'cachedAttention'> {
  return {
    attention: (q, k, v, at) => attention(gpu, q, k, v, at),
    createStore: (slot) => new GpuKeyValueStore(slot, new SlotPool(gpu)),
    cachedAttention: (q, k, v, at, store, sizes) => cachedAttention(gpu, q, k, v, at, store, sizes),
  };
}

/** Keys and values where attention finds them: [places,G,d]. */
interface Remembered {
  readonly keys: Tensor | GpuBuffer;
  readonly values: Tensor | GpuBuffer;
}

function attend(gpu: GpuLauncher, q: Tensor4D, { keys, values }: Remembered, sights: Tensor, G: number): Tensor4D {
  const [B, T, H, d] = q.shape;
  return gpu.run(attentionShader(d), {
    outputs: [q.shape],
    inputs: [q, keys, values, sights],
    parameters: [H, G, d, 1 / Math.sqrt(d)],
    groups: [H, T, B],
  })[0] as Tensor4D;
}

/** Keeps q, k and v alone; the gradient computes the weights again, as composites do. */
function attention(gpu: GpuLauncher, q: Tensor4D, k: Tensor4D, v: Tensor4D, at: Nodes): Tensor4D {
  if (q.size === 0) return tf.zeros(q.shape);
  const isRecorded = tfjsEngine().isTapeOn();
  const sights = derived(at, 'webgpu sights', () => tf.tensor1d(sightsOf(at), 'int32'));
  return differentiable<Tensor4D>(
    'attention',
    [q, k, v],
    (save) => {
      // The gradient must not need the nodes, which may be freed by then.
      for (const tensor of [q, k, v, ...(isRecorded ? [maskOf(at)] : [])]) save(tensor);
      return attend(gpu, q, { keys: k, values: v }, sights, k.shape[2]);
    },
    (dy, [ownQ, ownK, ownV, mask]) => {
      const flows = attentionFlows(ownQ as Tensor4D, ownK as Tensor4D, ownV as Tensor4D, mask);
      return attentionGradients(dy, flows, q.shape, k.shape);
    },
  );
}

function cachedAttention(
  gpu: GpuLauncher,
  q: Tensor4D,
  k: Tensor4D,
  v: Tensor4D,
  at: Nodes,
  store: KeyValueStore,
  sizes: AttentionSizes,
): Tensor4D {
  if (!(store instanceof GpuKeyValueStore)) {
    const rule = `attention: key/value store "${store.slot}" was made by another engine. Open the store on the engine that runs.`;
    throw new ForetokenError('ENGINE_MISUSE', rule);
  }
  const rows = announce(store, at, sizes).map(({ row, first }) => ({ row, first, places: (row as GpuRow).places }));
  const pairs = pairsOf(rows, at.T);
  if (pairs.length === 0) return tf.zeros(q.shape);
  append(gpu, k, v, store.pool.stored, pairs);
  const sights = tf.tensor1d(sightsOfRows(rows, at.T), 'int32');
  const out = attend(gpu, q, store.pool.stored, sights, sizes.G);
  sights.dispose();
  return out;
}

/** Of every new node, where it stands in the forward and where it goes. */
function pairsOf(rows: readonly NewNodes[], T: number): Int32Array {
  return Int32Array.from(
    rows.flatMap(({ row, first, places }, index) =>
      row.parents.slice(first).flatMap((_, node) => [index * T + node, places[row.committed + first + node]]),
    ),
  );
}

function append(gpu: GpuLauncher, k: Tensor, v: Tensor, { keys, values }: SlotPool['stored'], pairs: Int32Array): void {
  const C = k.shape[2]! * k.shape[3]!;
  const count = (pairs.length / 2) * C;
  const at = tf.tensor1d(pairs, 'int32');
  gpu.run(remember, { outputs: [keys, values], inputs: [k, v, at], parameters: [count, C], groups: gpu.cover(count) });
  at.dispose();
}
