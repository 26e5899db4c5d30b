// B rows, T nodes, H attention heads, G key/value heads, d width of one attention head, C = G*d.
import { ForetokenError } from '../../errors.ts';
import { derived } from '../../nodes.ts';
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
import { attention, remember } from './shaders/attention.ts';
import { type NewNodes, sightsOf, sightsOfRows } from './sights.ts';
import { SlotPool } from './slot-pool.ts';

/** Attention without and with a past on the GPU. */
export function attentionKernels(gpu: GpuLauncher): Pick<Kernels, 'attention' | 'createStore' | 'cachedAttention'> {
  const attend = (q: Tensor4D, keys: Tensor | GpuBuffer, values: Tensor | GpuBuffer, sights: Tensor, G: number) => {
    const [B, T, H, d] = q.shape;
    return gpu.run(attention(d), {
      outputs: [q.shape],
      inputs: [q, keys, values, sights],
      parameters: [H, G, d, 1 / Math.sqrt(d)],
      groups: [H, T, B],
    })[0] as Tensor4D;
  };
  return {
    attention(q, k, v, at, sizes) {
      if (q.size === 0) return tf.zeros(q.shape);
      const isRecorded = tfjsEngine().isTapeOn();
      const sights = derived(at, 'webgpu sights', () => tf.tensor1d(sightsOf(at), 'int32'));
      return differentiable<Tensor4D>(
        'attention',
        [q, k, v],
        (save) => {
          // The gradient must not need the nodes, which may be freed by then.
          for (const tensor of [q, k, v, ...(isRecorded ? [maskOf(at)] : [])]) save(tensor);
          return attend(q, k, v, sights, sizes.G);
        },
        (dy, [ownQ, ownK, ownV, mask]) => {
          const flows = attentionFlows(ownQ as Tensor4D, ownK as Tensor4D, ownV as Tensor4D, mask);
          return attentionGradients(dy, flows, q.shape, k.shape);
        },
      );
    },
    createStore: (slot) => new GpuKeyValueStore(slot, new SlotPool(gpu)),
    cachedAttention(q, k, v, at, store, sizes) {
      if (!(store instanceof GpuKeyValueStore)) {
        const rule = `key/value store "${store.slot}" was made by another engine`;
        throw new ForetokenError('ENGINE_MISUSE', `attention: ${rule}.`);
      }
      const rows = announce(store, at, sizes).map(({ row, first }) => ({ row, first, places: (row as GpuRow).places }));
      const pairs = pairsOf(rows, at.T);
      if (pairs.length === 0) return tf.zeros(q.shape);
      const { keys, values } = store.pool.stored;
      append(gpu, k, v, keys, values, pairs, sizes);
      const sights = tf.tensor1d(sightsOfRows(rows, at.T), 'int32');
      const out = attend(q, keys, values, sights, sizes.G);
      sights.dispose();
      return out;
    },
  };
}

/** Of every new node, where it stands in the forward and where it goes. */
function pairsOf(rows: readonly NewNodes[], T: number): Int32Array {
  return Int32Array.from(
    rows.flatMap(({ row, first, places }, index) =>
      row.parents.slice(first).flatMap((_, node) => [index * T + node, places[row.committed + first + node]]),
    ),
  );
}

function append(
  gpu: GpuLauncher,
  k: Tensor,
  v: Tensor,
  keys: GpuBuffer,
  values: GpuBuffer,
  pairs: Int32Array,
  { G, d }: AttentionSizes,
): void {
  const C = G * d;
  const count = (pairs.length / 2) * C;
  const at = tf.tensor1d(pairs, 'int32');
  gpu.run(remember, { outputs: [keys, values], inputs: [k, v, at], parameters: [count, C], groups: gpu.cover(count) });
  at.dispose();
}
