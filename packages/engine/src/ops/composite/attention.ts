// B rows, T nodes, L keys, H attention heads, G key/value heads, r = H/G, d width of one attention head, P pairs of a row
// and a key/value head.
import { HostKeyValueStore } from '../../key-value-rows.ts';
import type { KeyValueStore } from '../../key-values.ts';
import { derived, type Nodes } from '../../nodes.ts';
import { type Tensor, type Tensor3D, type Tensor4D, tf } from '../../tensor.ts';
import { differentiable } from '../../tfjs/differentiable.ts';
import { tidy } from '../../tfjs/scopes.ts';
import { ancestorMask, HIDDEN } from '../attention-mask.ts';
import type { AttentionSizes } from '../attention-pairs.ts';
import { announce, append, type BoundRow } from '../cached-attention.ts';

/** [B,T,G*r,d] as [B*G,r*T,d]: the queries of the heads that share a key/value head, one head after the other. */
export function paired(x: Tensor, G: number): Tensor3D {
  const [B, T, heads, d] = x.shape;
  const r = heads / G;
  return tf.reshape(tf.transpose(tf.reshape(x, [B, T, G, r, d]), [0, 2, 3, 1, 4]), [B * G, r * T, d]);
}

/** The inverse of {@link paired}. */
export function unpaired(x: Tensor, [B, T, heads, d]: readonly number[], G: number): Tensor4D {
  return tf.reshape(tf.transpose(tf.reshape(x, [B, G, heads / G, T, d]), [0, 3, 1, 2, 4]), [B, T, heads, d]);
}

/** q k / sqrt(d) + mask of paired queries and keys, [P,r*T,L]; the mask is [B,1,T,L]. */
export function scoresOf(q: Tensor3D, k: Tensor3D, mask: Tensor): Tensor3D {
  const [B, , T, L] = mask.shape;
  const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(q.shape[2]));
  const masked = tf.add(tf.reshape(scores, [B, scores.size / (B * T * L), T, L]), mask);
  return tf.reshape<tf.Rank.R3>(masked, scores.shape as Tensor3D['shape']);
}

/** The softmax of {@link scoresOf}. */
const weightsOf = (q: Tensor3D, k: Tensor3D, mask: Tensor) => tf.softmax(scoresOf(q, k, mask)) as Tensor3D;

/** What each node of every row sees, [B,1,T,T]; freed with the nodes. */
export const maskOf = (at: Nodes): Tensor =>
  derived(at, 'whole mask', () =>
    tidy(() => tf.stack(Array.from({ length: at.B }, (_, row) => tf.tensor3d(ancestorMask(at, row), [1, at.T, at.T])))),
  );

/** Attention of each node over its ancestors, without a past; differentiable. */
export function attention(q: Tensor4D, k: Tensor4D, v: Tensor4D, at: Nodes, { G }: AttentionSizes): Tensor4D {
  return differentiable<Tensor4D>(
    'attention',
    [q, k, v],
    (save) => {
      const [queries, keys, values, weights] = attentionFlows(q, k, v, maskOf(at));
      for (const tensor of [queries, keys, values, weights]) save(tensor);
      return unpaired(tf.matMul(weights, values), q.shape, G);
    },
    (dy, saved) => attentionGradients(dy, saved as Tensor3D[], q.shape, k.shape),
  );
}

/** What {@link attentionGradients} needs of the forward pass: queries, keys and values in pairs, and the weights. */
export function attentionFlows(q: Tensor4D, k: Tensor4D, v: Tensor4D, mask: Tensor): Tensor3D[] {
  const [queries, keys, values] = [q, k, v].map((x) => paired(x, k.shape[2]));
  return [queries, keys, values, weightsOf(queries, keys, mask)];
}

/** Gradients of q, k and v. */
export function attentionGradients(
  dy: Tensor4D,
  [queries, keys, values, weights]: readonly Tensor3D[],
  shapeQ: readonly number[],
  shapeK: readonly number[],
): Tensor4D[] {
  const [G, d] = shapeK.slice(2);
  const flow = paired(dy, G);
  const dWeights = tf.matMul(flow, values, false, true);
  const along = tf.sum(tf.mul(dWeights, weights), -1, true);
  const dScores = tf.mul(tf.mul(weights, tf.sub(dWeights, along)), 1 / Math.sqrt(d)) as Tensor3D;
  return [
    unpaired(tf.matMul(dScores, keys), shapeQ, G),
    unpaired(tf.matMul(dScores, queries, true), shapeK, G),
    unpaired(tf.matMul(weights, flow, true), shapeK, G),
  ];
}

/** Keys and values as host arrays. */
export const createStore = (slot: string): KeyValueStore => new HostKeyValueStore(slot);

/** Attention with a past, row by row over the row's keys under a mask. */
export function cachedAttention(
  q: Tensor4D,
  k: Tensor4D,
  v: Tensor4D,
  at: Nodes,
  store: KeyValueStore,
  sizes: AttentionSizes,
): Tensor4D {
  const bound = announce(store, at, sizes);
  if (q.size === 0) return tf.zeros(q.shape);
  const { T, G, d } = sizes;
  const [keys, values] = [k, v].map((x) => x.dataSync() as Float32Array);
  for (const [index, one] of bound.entries()) append(one, keys, values, index * T * G * d, G * d);
  return tidy(() => tf.concat(bound.map((one, index) => attendRow(q, index, one, sizes))));
}

/** [1,T,H,d]: the outputs of one row, zeros for padding. */
function attendRow(q: Tensor4D, index: number, { row, first }: BoundRow, { T, H, G, d }: AttentionSizes): Tensor4D {
  const count = row.parents.length - first;
  if (count === 0) return tf.zeros([1, T, H, d]);
  const L = row.committed + row.parents.length;
  const past = (stored: Float32Array) => paired(tf.tensor4d(stored.slice(0, L * G * d), [1, L, G, d]), G);
  const mask = new Float32Array(count * L).fill(HIDDEN);
  for (let node = 0; node < count; node++) {
    const { committed, undecided } = row.visible(first + node);
    if (committed) mask.fill(0, node * L + row.visibleFrom, node * L + row.committed);
    for (const seen of undecided) mask[node * L + seen] = 0;
  }
  const queries = tf.slice(q, [index, 0, 0, 0], [1, count, H, d]);
  const weights = weightsOf(paired(queries, G), past(row.keys), tf.tensor4d(mask, [1, 1, count, L]));
  const out = unpaired(tf.matMul(weights, past(row.values)), [1, count, H, d], G);
  return tf.pad(out, [
    [0, 0],
    [0, T - count],
    [0, 0],
    [0, 0],
  ]);
}
