// B rows, T nodes, H attention heads, G key/value heads, r = H/G, d width of one attention head, C columns of values: d
// and a column of ones. A "pair" is one row with one key/value head.
import { ForetokenError, shapeMismatch } from '../errors.ts';
import { HostKeyValueStore } from '../key-value-rows.ts';
import type { KeyValues } from '../key-values.ts';
import { cutHead, cutHeadTransposed, pasteHead } from '../loops/heads.ts';
import type { Nodes } from '../nodes.ts';
import { type Tensor, type Tensor4D, tf } from '../tensor.ts';
import { differentiable } from '../tfjs/differentiable.ts';
import { hostCompute, hostComputeOne } from '../tfjs/host.ts';
import { kernel, tfjsEngine } from '../tfjs/internals.ts';
import { tidy } from '../tfjs/scopes.ts';
import { masksOf } from './attention-mask.ts';
import { cachedAttention } from './cached-attention.ts';
import { product } from './matmul.ts';

/** Above this many exponentials of one layer, the backward pass computes them again instead of keeping them. */
const MAX_KEPT_EXPONENTIALS = 1 << 22;

/** Sizes of one call. */
export interface AttentionSizes {
  readonly B: number;
  readonly T: number;
  readonly H: number;
  readonly G: number;
  readonly d: number;
}

interface PairSizes extends AttentionSizes {
  readonly r: number;
  readonly C: number;
  readonly scale: number;
}

interface Pair {
  readonly row: number;
  readonly group: number;
}

/** Attention over the ancestors of each node, and over the past where `kv` holds one. */
export function attention(q_BTHd: Tensor4D, k_BTGd: Tensor4D, v_BTGd: Tensor4D, at: Nodes, kv: KeyValues): Tensor4D {
  const sizes = checkSizes(q_BTHd, k_BTGd, v_BTGd, at);
  if (!(kv instanceof HostKeyValueStore)) return fullAttention(q_BTHd, k_BTGd, v_BTGd, at, sizes);
  if (tfjsEngine().isTapeOn()) {
    throw new ForetokenError(
      'ENGINE_MISUSE',
      'attention has no gradient through a key/value store; record without one.',
    );
  }
  return cachedAttention(q_BTHd, k_BTGd, v_BTGd, at, kv, sizes);
}

function checkSizes(q: Tensor4D, k: Tensor4D, v: Tensor4D, at: Nodes): AttentionSizes {
  const [B, T, H, d] = q.shape;
  const [, , G] = k.shape;
  const expected = [at.B, at.T, G, d];
  const fits = B === at.B && T === at.T && [k, v].every((x) => tf.util.arraysEqual(x.shape, expected)) && H % G === 0;
  if (fits) return { B, T, H, G, d };
  throw shapeMismatch(
    'attention',
    `q [B,T,H,d], k and v [B,T,G,d] over ${at.B} x ${at.T} nodes, H a multiple of G`,
    `q [${q.shape}], k [${k.shape}], v [${v.shape}]`,
  );
}

function fullAttention(q: Tensor4D, k: Tensor4D, v: Tensor4D, at: Nodes, sizes: AttentionSizes): Tensor4D {
  const { B, T, H, G, d } = sizes;
  const padded = { ...sizes, r: H / G, C: d + 1, scale: 1 / Math.sqrt(d) };
  const pairs = Array.from({ length: B * G }, (_, index) => ({ row: Math.floor(index / G), group: index % G }));
  if (q.size === 0) return tf.zeros(q.shape);
  const masks = masksOf(at, H / G);
  const keeps = B * H * T * T <= MAX_KEPT_EXPONENTIALS;
  return differentiable<Tensor4D>(
    'attention',
    [q, k, v],
    (save) => {
      for (const tensor of [q, k, v]) save(tensor);
      const sums = pairs.map((pair) =>
        tidy(() => {
          const exponentials = exponentialsOf(q, k, masks[pair.row], pair, padded);
          if (keeps) save(exponentials);
          return product(exponentials, valuesWithOnes(v, pair, padded));
        }),
      );
      const [out, inverse] = merged(sums, pairs, padded);
      save(out);
      save(inverse);
      if (!keeps) for (const mask of masks) save(mask);
      return out as Tensor4D;
    },
    (dy, saved) => {
      const [sq, sk, sv, ...rest] = saved;
      const kept = keeps ? rest.splice(0, pairs.length) : undefined;
      const [out, inverse, ...rowMasks] = rest;
      const flows = pairs.map((pair, index) =>
        tidy(() => {
          const exponentials = kept?.[index] ?? exponentialsOf(sq, sk, rowMasks[pair.row], pair, padded);
          return pairGradients({ dy, q: sq, k: sk, v: sv, out, inverse, exponentials }, pair, padded);
        }),
      );
      return mergedGradients(flows, pairs, padded);
    },
  );
}

/** exp(score - row maximum) of every query of a pair, [r*T,T]; exactly 0 where a key is hidden. */
function exponentialsOf(q: Tensor, k: Tensor, mask: Tensor, { row, group }: Pair, sizes: PairSizes): Tensor {
  const { T, H, G, d, r, scale } = sizes;
  const [queries, keys] = hostCompute(
    [q, k],
    [
      [r * T, d],
      [d, T],
    ],
    ([Q, K], [allQ, allK]) => {
      for (let head = 0; head < r; head++) {
        cutHead(allQ, row * T * H * d + (group * r + head) * d, H * d, Q, head * T * d, d, T, d, scale);
      }
      cutHeadTransposed(allK, row * T * G * d + group * d, G * d, K, 0, T, T, d);
    },
  );
  const scores = kernel<Tensor>('Add', { a: product(queries, keys), b: mask });
  const largest = tf.max(scores, 1, true);
  return kernel('Exp', { x: kernel<Tensor>('Sub', { a: scores, b: largest }) });
}

/** [T,C]: the values of a pair, then a column of ones, by which the product sums the exponentials in order. */
function valuesWithOnes(v: Tensor, { row, group }: Pair, { T, G, d, C }: PairSizes): Tensor {
  return hostComputeOne([v], [T, C], (V, values) => {
    cutHead(values, row * T * G * d + group * d, G * d, V, 0, C, T, d);
    for (let key = 0; key < T; key++) V[key * C + d] = 1;
  });
}

/** Divides by the sums of exponentials; gives the outputs [B,T,H,d] and the reciprocals of the sums [B,H,T]. */
function merged(sums: readonly Tensor[], pairs: readonly Pair[], { B, T, H, d, r, C }: PairSizes): Tensor[] {
  return hostCompute(
    sums,
    [
      [B, T, H, d],
      [B, H, T],
    ],
    ([out, inverse], values) => {
      for (const [index, { row, group }] of pairs.entries()) {
        const sum = values[index];
        for (let head = group * r, at = 0; head < (group + 1) * r; head++) {
          for (let node = 0; node < T; node++, at++) inverse[(row * H + head) * T + node] = 1 / sum[at * C + d];
          const first = (head - group * r) * T;
          pasteHead(
            sum,
            first * C,
            C,
            out,
            row * T * H * d + head * d,
            H * d,
            T,
            d,
            (node) => 1 / sum[(first + node) * C + d],
          );
        }
      }
    },
  );
}

interface BackwardInputs {
  readonly dy: Tensor;
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly out: Tensor;
  readonly inverse: Tensor;
  readonly exponentials: Tensor;
}

/**
 * Gradients of one pair. With E the exponentials, Z their sums and dO' = dO/Z:
 * dV = E^T dO', dS = E * (dO' V^T - sum(dO' O)), dQ = dS K, dK = dS^T Q; the subtraction rides in the product as one more
 * inner column.
 * @returns dQ [r*T,d] without the score scale, dK^T [d,T] and dV^T [d,T]
 */
function pairGradients(inputs: BackwardInputs, pair: Pair, sizes: PairSizes): Tensor[] {
  const { T, G, d } = sizes;
  const { exponentials } = inputs;
  const start = pair.row * T * G * d + pair.group * d;
  const [flows, flowsT, queriesT] = cutFlows(inputs, pair, sizes);
  const [keys, valuesT] = hostCompute(
    [inputs.k, inputs.v],
    [
      [T, d],
      [d + 1, T],
    ],
    ([K, V], [allK, allV]) => {
      cutHead(allK, start, G * d, K, 0, d, T, d);
      cutHeadTransposed(allV, start, G * d, V, 0, T, T, d);
      V.fill(1, d * T);
    },
  );
  const dScores = kernel<Tensor>('Multiply', { a: exponentials, b: product(flows, valuesT) });
  return [product(dScores, keys), product(queriesT, dScores), product(flowsT, exponentials)];
}

/** dO' with -sum(dO' O) as last column [r*T,d+1], dO' transposed [d,r*T], and the scaled queries transposed [d,r*T]. */
function cutFlows({ dy, q, out, inverse }: BackwardInputs, { row, group }: Pair, sizes: PairSizes): Tensor[] {
  const { T, H, d, r, scale } = sizes;
  const shapes = [
    [r * T, d + 1],
    [d, r * T],
    [d, r * T],
  ];
  return hostCompute([dy, q, out, inverse], shapes, ([flow, flowT, queryT], [dO, allQ, O, inverses]) => {
    for (let head = 0; head < r; head++) {
      const start = row * T * H * d + (group * r + head) * d;
      const inverseStart = (row * H + group * r + head) * T;
      for (let node = 0; node < T; node++) {
        const source = start + node * H * d;
        const target = (head * T + node) * (d + 1);
        const by = inverses[inverseStart + node];
        let along = 0;
        for (let at = 0; at < d; at++) {
          const value = dO[source + at] * by;
          flow[target + at] = value;
          along += value * O[source + at];
        }
        flow[target + d] = -along;
      }
      cutHeadTransposed(flow, head * T * (d + 1), d + 1, flowT, head * T, r * T, T, d);
      cutHeadTransposed(allQ, start, H * d, queryT, head * T, r * T, T, d, scale);
    }
  });
}

/** Puts the gradients of all pairs together: dq [B,T,H,d], dk and dv [B,T,G,d]. */
function mergedGradients(flows: readonly Tensor[][], pairs: readonly Pair[], sizes: PairSizes): Tensor[] {
  const { B, T, H, G, d, r, scale } = sizes;
  const shapes = [
    [B, T, H, d],
    [B, T, G, d],
    [B, T, G, d],
  ];
  return hostCompute(flows.flat(), shapes, ([dq, dk, dv], values) => {
    for (const [index, { row, group }] of pairs.entries()) {
      const [pairQ, pairK, pairV] = values.slice(3 * index, 3 * index + 3);
      for (let head = 0; head < r; head++) {
        const start = row * T * H * d + (group * r + head) * d;
        pasteHead(pairQ, head * T * d, d, dq, start, H * d, T, d, () => scale);
      }
      const start = row * T * G * d + group * d;
      pasteTransposed(pairK, dk, start, G * d, T, d);
      pasteTransposed(pairV, dv, start, G * d, T, d);
    }
  });
}

function pasteTransposed(from: Float32Array, to: Float32Array, start: number, W: number, T: number, d: number) {
  for (let first = 0; first < T; first += 16) {
    const last = Math.min(T, first + 16);
    for (let at = 0; at < d; at++) {
      for (let node = first; node < last; node++) to[start + node * W + at] = from[at * T + node];
    }
  }
}
