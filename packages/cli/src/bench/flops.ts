import { defaultMlpWidth } from '@foretoken/core/plugin';

/** What the work of a training step follows from: the benchmark's model and the positions of a window. */
export interface FlopShape {
  readonly width: number;
  /** Blocks of the one-token model. */
  readonly layers: number;
  readonly horizon: number;
  readonly vocab: number;
  readonly match: 'parameters' | 'none';
  readonly context: number;
}

/** Multiply and add. */
const flopsPerProduct = 2;
/** Forward once, backward twice: the gradient of the input and that of the weight. */
const passes = 3;

/**
 * Floating-point operations of training on one token: matrix products and causal attention, nothing else.
 *
 *     3 x 2 x (blocks x (4 D^2 + 3 D F) + n x D V)     every weight of a matrix, forward and twice backward
 *   + 3 x 2 x blocks x 2 x D x (T + 1) / 2             queries by keys and weights by values, the causal half
 *
 * with D the width, F the inner width of the MLP, V the vocabulary, T the context, n offsets that each go through the
 * readout. The closed form of what `flopsPerToken` of @foretoken/core counts on the model itself, for scripts that build
 * none. There are `layers` blocks with equal parameters and `layers` + n - 1 otherwise. The embedding is a look-up;
 * norms, rotary embedding, softmax, loss and optimizer are left out, and so is whatever an engine computes again.
 *
 * @source ours; the backward pass counted as in Kaplan et al. 2020, arXiv:2001.08361, sec. 2.1
 */
export function trainingFlopsPerToken({ width, layers, horizon, vocab, match, context }: FlopShape): number {
  const blocks = match === 'parameters' ? layers : layers + horizon - 1;
  const blockWeights = 4 * width ** 2 + 3 * width * defaultMlpWidth(width);
  const readouts = horizon * width * vocab;
  const seenTokens = (context + 1) / 2;
  const attention = blocks * 2 * width * seenTokens;
  return passes * flopsPerProduct * (blocks * blockWeights + readouts + attention);
}
