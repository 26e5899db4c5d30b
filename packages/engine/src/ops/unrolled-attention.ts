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
  /**
   * [B,H,T,2]: each query's largest score, and the reciprocal of its sum of exp(score - largest). Whether that score is
   * scaled already is between the passes of one engine.
   */
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

/** The own keys of a node's column, added to attention over text; both halves off the tape. */
export interface OwnKeyPass {
  /**
   * @param own - keys and values in turns: k, v, k, v, ...
   * @returns the whole result, its statistics as {@link AncestorPass} reads them, and the weights [J,B,H,T] of own keys
   */
  widen(
    q: Tensor,
    text: AncestorResult,
    own: readonly Tensor[],
    sizes: AttentionSizes,
  ): [out: Tensor4D, stats: Tensor, weights: Tensor];
  /** @returns the gradient of q, text's part included, then those of each own key and value */
  gradients(
    inputs: readonly [dqOfText: Tensor, dy: Tensor, q: Tensor, out: Tensor, weights: Tensor],
    own: readonly Tensor[],
    sizes: AttentionSizes,
  ): Tensor[];
}

/**
 * Attention over the ancestors of each node's column in text, and over its own column's later nodes: the first half as
 * over text alone, widened by a few keys a node. Costs what attention over text costs, however deep the column is.
 */
export function unrolledAttentionBy(pass: AncestorPass, ownKeys: OwnKeyPass = hostOwnKeys) {
  return (q: Tensor4D, calls: readonly ColumnKeyValues[], at: Nodes, sizes: AttentionSizes): Tensor4D => {
    const [textK, textV, ...own] = calls.flatMap(({ k, v }) => [k, v]);
    const operands = [q, textK, textV, ...own];
    return differentiable<Tensor4D>(
      'attention',
      operands,
      (save) => {
        const results = ownKeys.widen(q, pass.forward(q, textK, textV, at, sizes, save), own, sizes);
        for (const tensor of [...operands, ...results]) save(tensor);
        return results[0];
      },
      (dy, all) => {
        const numKept = all.length - operands.length - 3;
        const [ownQ, k, v, ...savedOwn] = all.slice(numKept, -3);
        const [out, stats, weights] = all.slice(-3);
        const saved = all.slice(0, numKept);
        const text = pass.backward({ dy, q: ownQ, k, v, out: out as Tensor4D, stats, saved }, at, sizes);
        const [dq, ...dOwn] = ownKeys.gradients([text[0], dy, ownQ, out, weights], savedOwn, sizes);
        text[0].dispose();
        return [dq, text[1], text[2], ...dOwn];
      },
    );
  };
}

/** Plain loops over host memory. */
const hostOwnKeys: OwnKeyPass = {
  widen(q, text, own, sizes) {
    const { B, T, H } = sizes;
    const shapes = [q.shape, text.stats.shape, [own.length / 2, B, H, T]];
    const inputs = [q, text.out, text.stats, ...own];
    return hostCompute(inputs, shapes, ([out, stats, weights], [queries, textOut, textStats, ...keys]) => {
      mergeOwnKeys({ out, stats, weights }, queries, { out: textOut, stats: textStats }, inPairs(keys), sizes);
    }) as ReturnType<OwnKeyPass['widen']>;
  },
  gradients(inputs, own, sizes) {
    const shapes = [inputs[2].shape, ...own.map(({ shape }) => shape)];
    return hostCompute([...inputs, ...own], shapes, ([dq, ...to], [dqOfText, dy, q, out, weights, ...keys]) => {
      dq.set(dqOfText);
      ownKeyGradients(dq, inPairs(to), { dy, q, out, weights }, inPairs(keys), sizes);
    });
  },
};

/** k, v, k, v, ... as pairs. */
function inPairs(values: readonly Float32Array[]): OwnKeys[] {
  return Array.from({ length: values.length / 2 }, (_, j) => ({ k: values[2 * j], v: values[2 * j + 1] }));
}
