// B rows, T nodes, H attention heads, G key/value heads, r = H/G, d width of one attention head, P pairs of a row and a
// key/value head, J keys of a node's own column beside those of text.
import type { Nodes } from '../../nodes.ts';
import { type Tensor, type Tensor3D, type Tensor4D, tf } from '../../tensor.ts';
import { differentiable } from '../../tfjs/differentiable.ts';
import type { ColumnKeyValues } from '../../unrolled-key-values.ts';
import type { AttentionSizes } from '../attention-pairs.ts';
import { maskOf, paired, scoresOf, unpaired } from './attention.ts';

/** Attention over the ancestors of each node's column in text and over its own column's later nodes; differentiable. */
export function unrolledAttention(
  q: Tensor4D,
  calls: readonly ColumnKeyValues[],
  at: Nodes,
  { G }: AttentionSizes,
): Tensor4D {
  const operands = [q, ...calls.flatMap(({ k, v }) => [k, v])];
  const shapes = operands.map(({ shape }) => shape);
  return differentiable<Tensor4D>(
    'attention',
    operands,
    (save) => {
      const [queries, ...keyValues] = operands.map((x) => paired(x, G));
      const weights = weightsOf(queries, keyValues, maskOf(at));
      for (const tensor of [queries, ...keyValues, weights]) save(tensor);
      return unpaired(mixed(weights, keyValues), q.shape, G);
    },
    (dy, saved) => {
      const flows = gradients(paired(dy, G), saved as Tensor3D[]);
      return flows.map((flow, index) => unpaired(flow, shapes[index], G));
    },
  );
}

/** [P,T,d] once for each of the r query heads, [P,r*T,d]. */
const repeated = (x_PTd: Tensor3D, r: number): Tensor3D => tf.tile(x_PTd, [1, r, 1]);

/** softmax of [P,r*T,T+J]: the scores of text, then of the own keys. */
function weightsOf(queries: Tensor3D, keyValues: readonly Tensor3D[], mask: Tensor): Tensor3D {
  const [text, , ...own] = keyValues;
  const r = queries.shape[1] / text.shape[1];
  const keys = own.filter((_, index) => index % 2 === 0);
  const ofOwn = keys.map((k) => scaled(tf.sum(tf.mul(queries, repeated(k, r)), -1, true), queries.shape[2]));
  return tf.softmax(tf.concat([scoresOf(queries, text, mask), ...ofOwn], 2)) as Tensor3D;
}

const scaled = (scores: Tensor, d: number): Tensor3D => tf.mul(scores, 1 / Math.sqrt(d));

/** Weighted sum of values, [P,r*T,d]. */
function mixed(weights: Tensor3D, [, text, ...own]: readonly Tensor3D[]): Tensor3D {
  const [P, rows, L] = weights.shape;
  const T = text.shape[1];
  let sum = tf.matMul(tf.slice(weights, [0, 0, 0], [P, rows, T]), text) as Tensor3D;
  for (let at = T; at < L; at++) {
    const values = repeated(own[2 * (at - T) + 1], rows / T);
    sum = tf.add(sum, tf.mul(tf.slice(weights, [0, 0, at], [P, rows, 1]), values));
  }
  return sum;
}

/** Gradients of the paired operands, in their order. */
function gradients(flow: Tensor3D, [queries, keys, values, ...rest]: readonly Tensor3D[]): Tensor3D[] {
  const weights = rest.pop() as Tensor3D;
  const [P, rows, L] = weights.shape;
  const [, T, d] = keys.shape;
  const r = rows / T;
  const own = Array.from({ length: L - T }, (_, j) => ({
    k: repeated(rest[2 * j], r),
    v: repeated(rest[2 * j + 1], r),
  }));
  const ofOwn = own.map(({ v }) => tf.sum(tf.mul(flow, v), -1, true) as Tensor3D);
  const dWeights = tf.concat([tf.matMul(flow, values, false, true) as Tensor3D, ...ofOwn], 2);
  const along = tf.sum(tf.mul(dWeights, weights), -1, true);
  const dScores = scaled(tf.mul(weights, tf.sub(dWeights, along)), d);
  const text = (x: Tensor3D) => tf.slice(x, [0, 0, 0], [P, rows, T]);
  const column = (x: Tensor3D, j: number) => tf.slice(x, [0, 0, T + j], [P, rows, 1]);
  const byHead = (x: Tensor) => tf.sum(tf.reshape(x, [P, r, T, d]), 1) as Tensor3D;
  const dQ = own.reduce<Tensor3D>(
    (sum, { k }, j) => tf.add(sum, tf.mul(column(dScores, j), k)),
    tf.matMul(text(dScores), keys) as Tensor3D,
  );
  const dOwn = own.flatMap((_, j) => [
    byHead(tf.mul(column(dScores, j), queries)),
    byHead(tf.mul(column(weights, j), flow)),
  ]);
  return [dQ, tf.matMul(text(dScores), queries, true), tf.matMul(text(weights), flow, true), ...dOwn] as Tensor3D[];
}
