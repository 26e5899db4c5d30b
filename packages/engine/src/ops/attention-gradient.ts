// B rows, T nodes, H attention heads, G key/value heads, r = H/G, d width of one attention head.
import { cutHead, cutHeadTransposed, pasteHead, pasteHeadTransposed, scaleFlow } from '../loops/heads.ts';
import type { Tensor } from '../tensor.ts';
import { hostCompute } from '../tfjs/host.ts';
import { kernel } from '../tfjs/internals.ts';
import { keyStart, type Pair, type PairSizes, queryStart } from './attention-pairs.ts';
import { product } from './composite/product.ts';

/** What the gradient of one pair needs. */
export interface BackwardInputs {
  readonly dy: Tensor;
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly out: Tensor;
  /** [B,H,T,2]: largest scores and reciprocals of sums. */
  readonly stats: Tensor;
  readonly exponentials: Tensor;
}

/**
 * Gradients of one pair. With E the exponentials, Z their sums and dO' = dO/Z:
 * dV = E^T dO', dS = E * (dO' V^T - sum(dO' O)), dQ = dS K, dK = dS^T Q; the subtraction rides in the product as one more
 * inner column.
 * @returns dQ [r*T,d] without the score scale, dK^T [d,T] and dV^T [d,T]
 */
export function pairGradients(inputs: BackwardInputs, pair: Pair, sizes: PairSizes): Tensor[] {
  const { T, G, d } = sizes;
  const { exponentials } = inputs;
  const start = keyStart(pair, sizes);
  const [flows, flowsT, queriesT] = cutFlows(inputs, pair, sizes);
  const shapes = [
    [T, d],
    [d + 1, T],
  ];
  const [keys, valuesT] = hostCompute([inputs.k, inputs.v], shapes, ([K, V], [allK, allV]) => {
    cutHead(allK, start, G * d, K, 0, d, T, d);
    cutHeadTransposed(allV, start, G * d, V, 0, T, T, d);
    V.fill(1, d * T);
  });
  const dScores = kernel<Tensor>('Multiply', { a: exponentials, b: product(flows, valuesT) });
  return [product(dScores, keys), product(queriesT, dScores), product(flowsT, exponentials)];
}

/** dO' with -sum(dO' O) as last column [r*T,d+1], dO' transposed [d,r*T], and the scaled queries transposed [d,r*T]. */
function cutFlows({ dy, q, out, stats }: BackwardInputs, pair: Pair, sizes: PairSizes): Tensor[] {
  const { T, H, d, r, scale } = sizes;
  const shapes = [
    [r * T, d + 1],
    [d, r * T],
    [d, r * T],
  ];
  const inverse = new Float32Array(T);
  return hostCompute([dy, q, out, stats], shapes, ([flow, flowT, queryT], [dO, allQ, O, all]) => {
    for (let head = 0; head < r; head++) {
      const start = queryStart(pair, head, sizes);
      const first = (pair.row * H + pair.group * r + head) * T;
      const target = head * T * (d + 1);
      for (let node = 0; node < T; node++) inverse[node] = all[2 * (first + node) + 1];
      scaleFlow(dO, O, start, H * d, inverse, flow, target, T, d);
      cutHeadTransposed(flow, target, d + 1, flowT, head * T, r * T, T, d);
      cutHeadTransposed(allQ, start, H * d, queryT, head * T, r * T, T, d, scale);
    }
  });
}

/** Puts the gradients of all pairs together: dq [B,T,H,d], dk and dv [B,T,G,d]. */
export function mergedGradients(flows: readonly Tensor[][], pairs: readonly Pair[], sizes: PairSizes): Tensor[] {
  const { B, T, H, G, d, r, scale } = sizes;
  const shapes = [
    [B, T, H, d],
    [B, T, G, d],
    [B, T, G, d],
  ];
  const scales = new Float32Array(T).fill(scale);
  return hostCompute(flows.flat(), shapes, ([dq, dk, dv], values) => {
    for (const [index, pair] of pairs.entries()) {
      const [pairQ, pairK, pairV] = values.slice(3 * index, 3 * index + 3);
      for (let head = 0; head < r; head++) {
        pasteHead(pairQ, head * T * d, d, dq, queryStart(pair, head, sizes), H * d, T, d, scales);
      }
      const start = keyStart(pair, sizes);
      pasteHeadTransposed(pairK, dk, start, G * d, T, d);
      pasteHeadTransposed(pairV, dv, start, G * d, T, d);
    }
  });
}
