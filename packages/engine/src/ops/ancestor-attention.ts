// B rows, T nodes, H attention heads, G key/value heads, r = H/G, d width of one attention head, C = d + 1 columns:
// values and a column of ones.
import { cutHead, cutHeadTransposed, pasteHead } from '../loops/heads.ts';
import { type Tensor, type Tensor4D, tf } from '../tensor.ts';
import { hostCompute, hostComputeOne } from '../tfjs/host.ts';
import { kernel } from '../tfjs/internals.ts';
import { tidy } from '../tfjs/scopes.ts';
import { mergedGradients, pairGradients } from './attention-gradient.ts';
import { masksOf } from './attention-mask.ts';
import { type AttentionSizes, keyStart, type Pair, type PairSizes, pairsOf, queryStart } from './attention-pairs.ts';
import { product } from './composite/product.ts';
import type { AncestorPass } from './unrolled-attention.ts';

/** Above this many exponentials of one layer, the backward pass computes them again instead of keeping them. */
const MAX_KEPT_EXPONENTIALS = 1 << 22;

/**
 * Attention of each node over its ancestors: two products per row and key/value head, none of them batched, with a mask
 * between.
 * @param maxKept - exponentials that may be kept for the backward pass
 */
export function ancestorPass(maxKept = MAX_KEPT_EXPONENTIALS): AncestorPass {
  const keeps = ({ B, T, H }: AttentionSizes) => B * H * T * T <= maxKept;
  return {
    forward(q, k, v, at, call, save) {
      const sizes = pairSizes(call);
      const pairs = pairsOf(call);
      const masks = masksOf(at, sizes.r);
      if (!keeps(call)) for (const mask of masks) save(mask);
      const parts = pairs.map((pair) =>
        tidy(() => {
          const { exponentials, largest } = exponentialsOf(q, k, masks[pair.row], pair, sizes);
          if (keeps(call)) save(exponentials);
          return [product(exponentials, valuesWithOnes(v, pair, sizes)), largest];
        }),
      );
      const [out, stats] = merged(parts.flat(), pairs, sizes);
      return { out: out as Tensor4D, stats };
    },
    backward({ saved, ...operands }, _at, call) {
      const sizes = pairSizes(call);
      const pairs = pairsOf(call);
      const { q, k } = operands;
      const flows = pairs.map((pair, index) =>
        tidy(() => {
          const exponentials = keeps(call)
            ? saved[index]
            : exponentialsOf(q, k, saved[pair.row], pair, sizes).exponentials;
          return pairGradients({ ...operands, exponentials }, pair, sizes);
        }),
      );
      return mergedGradients(flows, pairs, sizes);
    },
  };
}

const pairSizes = (call: AttentionSizes): PairSizes => ({ ...call, r: call.H / call.G, scale: 1 / Math.sqrt(call.d) });

/** The largest score of every query of a pair, [r*T,1], and exp(score - largest), [r*T,T]: exactly 0 where a key is hidden. */
function exponentialsOf(
  q: Tensor,
  k: Tensor,
  mask: Tensor,
  pair: Pair,
  sizes: PairSizes,
): Record<'exponentials' | 'largest', Tensor> {
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
  return { largest, exponentials: kernel('Exp', { x: kernel<Tensor>('Sub', { a: scores, b: largest }) }) };
}

/** [T,C]: the values of a pair, then a column of ones, by which the product sums the exponentials in order. */
function valuesWithOnes(v: Tensor, pair: Pair, sizes: PairSizes): Tensor {
  const { T, G, d } = sizes;
  return hostComputeOne([v], [T, d + 1], (V, values) => {
    cutHead(values, keyStart(pair, sizes), G * d, V, 0, d + 1, T, d);
    for (let key = 0; key < T; key++) V[key * (d + 1) + d] = 1;
  });
}

/**
 * Divides by the sums of exponentials.
 * @param parts - of each pair, its sums [r*T,C] and its largest scores [r*T,1]
 * @returns the outputs [B,T,H,d], and [B,H,T,2]: largest scores and the reciprocals of the sums
 */
function merged(parts: readonly Tensor[], pairs: readonly Pair[], sizes: PairSizes): Tensor[] {
  const { B, T, H, d, r } = sizes;
  const C = d + 1;
  const shapes = [
    [B, T, H, d],
    [B, H, T, 2],
  ];
  const inverse = new Float32Array(T);
  return hostCompute(parts, shapes, ([out, stats], values) => {
    for (const [index, pair] of pairs.entries()) {
      const [sums, largest] = values.slice(2 * index, 2 * index + 2);
      for (let head = 0; head < r; head++) {
        const first = (pair.row * H + pair.group * r + head) * T;
        const from = head * T * C;
        for (let node = 0; node < T; node++) {
          inverse[node] = 1 / sums[from + node * C + d];
          stats[2 * (first + node)] = largest[head * T + node];
          stats[2 * (first + node) + 1] = inverse[node];
        }
        pasteHead(sums, from, C, out, queryStart(pair, head, sizes), H * d, T, d, inverse);
      }
    }
  });
}
