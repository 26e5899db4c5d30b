import type { LanguageModel } from '@foretoken/core';
import { draftSources, evaluationOrder, forwardFlops } from '@foretoken/core/model';

/** Bytes of weights that one forward of one row reads. */
export interface WeightBytes {
  /** Trunk, offset 1 with whatever it reads, and its readout. */
  readonly greedy: number;
  /** Keys and values of one token of the text, in all blocks that greedy runs. */
  readonly past: number;
  /** What drafting each level adds: its offset and its readout, a shared one again for every offset that reads it. */
  readonly levels: readonly number[];
}

/** Weights are float32, and every one of a product is multiplied and added once for a token. */
const BYTES_PER_FLOP = 2;

/**
 * Counts the weights that a forward of one token multiplies with.
 *
 * Counted on the model at work, as {@link forwardFlops} does, with one token that sees nothing but itself: two operations are
 * four bytes, of a weight or of the token's own key and value. Keys and values of the text before, norms and embeddings are
 * left out of the weights: the first grow with the blocks as they do, so ratios stay what they are. With a window whose tokens
 * see one token more on average, what is added is that token's key and value; every query is taken to have its own.
 */
export function weightBytes(model: LanguageModel): WeightBytes {
  const { head, offsets } = model;
  const windowed = (context: number) => forwardFlops({ ...model, dims: { ...model.dims, context } });
  const { trunk, offset, readout } = windowed(1);
  const longer = windowed(3);
  const isFurther = head.reads?.carry === 'further';
  const verifying = isFurther ? evaluationOrder(head, offsets) : [1];
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
  return {
    greedy: BYTES_PER_FLOP * (trunk + sum(verifying.map(offset)) + readout(1)),
    past: BYTES_PER_FLOP * (longer.trunk - trunk + sum(verifying.map((i) => longer.offset(i) - offset(i)))),
    levels: draftSources(model).map(
      ({ offset: drafting }) => BYTES_PER_FLOP * ((isFurther ? 0 : offset(drafting)) + readout(drafting)),
    ),
  };
}

/**
 * Most that speculation can win at batch 1, where time goes by the bytes of weights read.
 *
 * @param tokensPerForward - by row
 * @param proposed - share of forwards that verified a draft of each level
 * @returns how many times as fast as greedy
 * @source ours
 */
export function speedBound({ greedy, levels }: WeightBytes, tokensPerForward: number, proposed: readonly number[]) {
  const last = levels.length - 1;
  const drafted = proposed.reduce((total, share, index) => total + share * (levels[Math.min(index, last)] ?? 0), 0);
  return (tokensPerForward * greedy) / (greedy + drafted);
}
