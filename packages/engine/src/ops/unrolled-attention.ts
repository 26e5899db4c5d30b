// B rows, T nodes, H attention heads, G key/value heads, d width of one attention head, J keys of a node's own column
// beside those of text.
import { mergeOwnKeys, type OwnKeys, ownKeyGradients } from '../loops/own-keys.ts';
import type { Nodes } from '../nodes.ts';
import type { Tensor, Tensor4D } from '../tensor.ts';
import { differentiable, type Save } from '../tfjs/differentiable.ts';
import { hostCompute } from '../tfjs/host.ts';
import type { ColumnKeyValues } from '../unrolled-key-values.ts';
import type { AttentionSizes } from './attention-pairs.ts';

/** What an attention over ancestors gave. */
export interface AncestorResult {
  readonly out: Tensor4D;
  /** [B,H,T,2]: each query's largest score, and the reciprocal of its sum of exp(score - largest). */
  readonly stats: Tensor;
}

/** What its backward pass reads. */
export interface AncestorFlows extends AncestorResult {
  readonly dy: Tensor4D;
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  /** What the forward pass saved. */
  readonly saved: readonly Tensor[];
}

/** Attention over ancestors as two halves, both off the tape. */
export interface AncestorPass {
  /** What a largest score in the statistics is to be multiplied by to be q k / sqrt(d). */
  unit(d: number): number;
  /** @param save - keeps what the backward half wants beside operands and results */
  forward(q: Tensor4D, k: Tensor4D, v: Tensor4D, at: Nodes, sizes: AttentionSizes, save: Save): AncestorResult;
  /**
   * Gradients of q, k and v. The weight of a key is exp(score - largest) times the reciprocal sum, whatever else is in
   * the sum: with the result and the statistics of a wider softmax it gives text's part of that softmax' gradients.
   */
  backward(flows: AncestorFlows, at: Nodes, sizes: AttentionSizes): Tensor[];
}

/** Attention over ancestors, without a past. */
export function attentionBy(pass: AncestorPass) {
  return (q: Tensor4D, k: Tensor4D, v: Tensor4D, at: Nodes, sizes: AttentionSizes): Tensor4D =>
    differentiable<Tensor4D>(
      'attention',
      [q, k, v],
      (save) => {
        const { out, stats } = pass.forward(q, k, v, at, sizes, save);
        for (const tensor of [q, k, v, out, stats]) save(tensor);
        return out;
      },
      (dy, all) => {
        const [ownQ, ownK, ownV, out, stats] = all.slice(-5);
        const saved = all.slice(0, -5);
        return pass.backward({ dy, q: ownQ, k: ownK, v: ownV, out: out as Tensor4D, stats, saved }, at, sizes);
      },
    );
}

/**
 * Attention over the ancestors of each node's column in text, and over its own column's later nodes: the first half as
 * over text alone, widened by a few keys a node. Costs what attention over text costs, however deep the column is.
 */
export function unrolledAttentionBy(pass: AncestorPass) {
  return (q: Tensor4D, calls: readonly ColumnKeyValues[], at: Nodes, sizes: AttentionSizes): Tensor4D => {
    const operands = [q, ...calls.flatMap(({ k, v }) => [k, v])];
    return differentiable<Tensor4D>(
      'attention',
      operands,
      (save) => {
        const text = pass.forward(q, calls[0].k, calls[0].v, at, sizes, save);
        const results = widened(q, text, pass.unit(sizes.d), calls.slice(1), sizes);
        for (const tensor of [...operands, ...results]) save(tensor);
        return results[0] as Tensor4D;
      },
      (dy, all) => {
        const numKept = all.length - operands.length - 3;
        const [ownQ, k, v, ...own] = all.slice(numKept, -3);
        const [out, stats, weights] = all.slice(-3);
        const saved = all.slice(0, numKept);
        const flows = pass.backward({ dy, q: ownQ, k, v, out: out as Tensor4D, stats, saved }, at, sizes);
        const [dq, ...dOwn] = ownGradients([flows[0], dy, ownQ, out, weights], own, sizes);
        flows[0].dispose();
        return [dq, flows[1], flows[2], ...dOwn];
      },
    );
  };
}

/** @returns the whole result, its statistics, and the weights [J,B,H,T] of own keys in it */
function widened(
  q: Tensor,
  text: AncestorResult,
  unit: number,
  own: readonly ColumnKeyValues[],
  sizes: AttentionSizes,
): Tensor[] {
  const { B, T, H } = sizes;
  const inputs = [q, text.out, text.stats, ...own.flatMap(({ k, v }) => [k, v])];
  const shapes = [q.shape, text.stats.shape, [own.length, B, H, T]];
  return hostCompute(inputs, shapes, ([out, stats, weights], [queries, textOut, textStats, ...keys]) => {
    const over = { out: textOut, stats: textStats, unit };
    mergeOwnKeys({ out, stats, weights }, queries, over, inPairs(keys), sizes);
  });
}

/** @returns the gradient of q, then those of each own key and value */
function ownGradients(
  inputs: readonly [dqOfText: Tensor, dy: Tensor, q: Tensor, out: Tensor, weights: Tensor],
  own: readonly Tensor[],
  sizes: AttentionSizes,
): Tensor[] {
  const shapes = [inputs[2].shape, ...own.map(({ shape }) => shape)];
  return hostCompute([...inputs, ...own], shapes, ([dq, ...to], [dqOfText, dy, q, out, weights, ...keys]) => {
    dq.set(dqOfText);
    ownKeyGradients(dq, inPairs(to), { dy, q, out, weights }, inPairs(keys), sizes);
  });
}

/** k, v, k, v, ... as pairs. */
function inPairs(values: readonly Float32Array[]): OwnKeys[] {
  return Array.from({ length: values.length / 2 }, (_, j) => ({ k: values[2 * j], v: values[2 * j + 1] }));
}
