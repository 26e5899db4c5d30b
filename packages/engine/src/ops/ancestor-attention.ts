// B rows, T nodes, H attention heads, G key/value heads, r = H/G, d width of one attention head, C = d + 1 columns:
// values and a column of ones.
import { cutHead, cutHeadTransposed, pasteHead } from '../loops/heads.ts';
import type { Nodes } from '../nodes.ts';
import { type Tensor, type Tensor4D, tf } from '../tensor.ts';
import { differentiable } from '../tfjs/differentiable.ts';
import { hostCompute, hostComputeOne } from '../tfjs/host.ts';
import { kernel } from '../tfjs/internals.ts';
import { tidy } from '../tfjs/scopes.ts';
import { mergedGradients, pairGradients } from './attention-gradient.ts';
import { masksOf } from './attention-mask.ts';
import { type AttentionSizes, keyStart, type Pair, type PairSizes, pairsOf, queryStart } from './attention-pairs.ts';
import { product } from './composite/product.ts';

/** Above this many exponentials of one layer, the backward pass computes them again instead of keeping them. */
const MAX_KEPT_EXPONENTIALS = 1 << 22;

/**
 * Attention of each node over its ancestors, without a past: two products per row and key/value head, none of them
 * batched, with a mask between.
 * @param maxKept - exponentials that may be kept for the backward pass
 */
export function ancestorAttention(
  q: Tensor4D,
  k: Tensor4D,
  v: Tensor4D,
  at: Nodes,
  call: AttentionSizes,
  maxKept = MAX_KEPT_EXPONENTIALS,
): Tensor4D {
  const { B, T, H, G, d } = call;
  const sizes = { ...call, r: H / G, scale: 1 / Math.sqrt(d) };
  const pairs = pairsOf(call);
  const masks = masksOf(at, H / G);
  const keeps = B * H * T * T <= maxKept;
  return differentiable<Tensor4D>(
    'attention',
    [q, k, v],
    (save) => {
      for (const tensor of [q, k, v, ...(keeps ? [] : masks)]) save(tensor);
      const sums = pairs.map((pair) =>
        tidy(() => {
          const exponentials = exponentialsOf(q, k, masks[pair.row], pair, sizes);
          if (keeps) save(exponentials);
          return product(exponentials, valuesWithOnes(v, pair, sizes));
        }),
      );
      const [out, inverse] = merged(sums, pairs, sizes);
      save(out);
      save(inverse);
      return out as Tensor4D;
    },
    (dy, saved) => {
      const [ownQ, ownK, ownV, ...rest] = saved;
      const [out, inverse] = rest.splice(-2);
      const flows = pairs.map((pair, index) =>
        tidy(() => {
          const exponentials = keeps ? rest[index] : exponentialsOf(ownQ, ownK, rest[pair.row], pair, sizes);
          return pairGradients({ dy, q: ownQ, k: ownK, v: ownV, out, inverse, exponentials }, pair, sizes);
        }),
      );
      return mergedGradients(flows, pairs, sizes);
    },
  );
}

/** exp(score - row maximum) of every query of a pair, [r*T,T]; exactly 0 where a key is hidden. */
function exponentialsOf(q: Tensor, k: Tensor, mask: Tensor, pair: Pair, sizes: PairSizes): Tensor {
  const { T, H, G, d, r, scale } = sizes;
  const shapes = [
    [r * T, d],
    [d, T],
  ];
  const [queries, keys] = hostCompute([q, k], shapes, ([Q, K], [allQ, allK]) => {
    for (let head = 0; head < r; head++) {
      cutHead(allQ, queryStart(pair, head, sizes), H * d, Q, head * T * d, d, T, d, scale);
    }
    cutHeadTransposed(allK, keyStart(pair, sizes), G * d, K, 0, T, T, d);
  });
  const scores = kernel<Tensor>('Add', { a: product(queries, keys), b: mask });
  const largest = tf.max(scores, 1, true);
  return kernel('Exp', { x: kernel<Tensor>('Sub', { a: scores, b: largest }) });
}

/** [T,C]: the values of a pair, then a column of ones, by which the product sums the exponentials in order. */
function valuesWithOnes(v: Tensor, pair: Pair, sizes: PairSizes): Tensor {
  const { T, G, d } = sizes;
  return hostComputeOne([v], [T, d + 1], (V, values) => {
    cutHead(values, keyStart(pair, sizes), G * d, V, 0, d + 1, T, d);
    for (let key = 0; key < T; key++) V[key * (d + 1) + d] = 1;
  });
}

/** Divides by the sums of exponentials; gives the outputs [B,T,H,d] and the reciprocals of the sums [B,H,T]. */
function merged(sums: readonly Tensor[], pairs: readonly Pair[], sizes: PairSizes): Tensor[] {
  const { B, T, H, d, r } = sizes;
  const C = d + 1;
  const shapes = [
    [B, T, H, d],
    [B, H, T],
  ];
  return hostCompute(sums, shapes, ([out, inverse], values) => {
    for (const [index, pair] of pairs.entries()) {
      for (let head = 0; head < r; head++) {
        const first = (pair.row * H + pair.group * r + head) * T;
        const from = head * T * C;
        for (let node = 0; node < T; node++) inverse[first + node] = 1 / values[index][from + node * C + d];
        const factors = inverse.subarray(first, first + T);
        pasteHead(values[index], from, C, out, queryStart(pair, head, sizes), H * d, T, d, factors);
      }
    }
  });
}
