/** What one backward pass held at most. */
export interface MemoryPoint {
  readonly backward: BackwardKind;
  readonly vocab: number;
  readonly horizon: number;
  /** Tensor bytes alive at once, above those of weights and batch. */
  readonly peakBytes: number;
  /** Of which the gradients that it hands out. */
  readonly gradientBytes: number;
  /** The rest: activations, logits and their gradients, what the paper's claim is about. */
  readonly workingBytes: number;
}

/** Ways to differentiate: the framework's two, and the naive one. */
export type BackwardKind = 'sequential' | 'joint' | 'unfused';

/** How the working bytes of one way grow. */
export interface MemorySlopes {
  readonly backward: BackwardKind;
  /** What the paper says of the naive way and of its own, and what follows for `joint`. */
  readonly claim: 'O(nV+d)' | 'O(V+d)' | 'O(V+nd)';
  /** Bytes per further offset, for each vocabulary; null where one horizon was measured. */
  readonly perOffset: readonly { readonly vocab: number; readonly bytes: number }[] | null;
  /** Bytes per further token of the vocabulary, for each horizon; null where one vocabulary was measured. */
  readonly perToken: readonly { readonly horizon: number; readonly bytes: number }[] | null;
  /**
   * The nV term: floats per row, offset and token of the vocabulary, from the slope in V of `perOffset`. 1: every offset
   * keeps its logits; 0: none does. Null where one horizon or one vocabulary was measured.
   */
  readonly logitsKept: number | null;
}

const CLAIMS = { unfused: 'O(nV+d)', sequential: 'O(V+d)', joint: 'O(V+nd)' } as const;

/**
 * Least-squares slopes of the working bytes of each way, in n at every V and in V at every n. A slope needs two sizes.
 * @param rows - positions of the batch
 */
export function slopesOf(points: readonly MemoryPoint[], rows: number): MemorySlopes[] {
  return [...new Set(points.map(({ backward }) => backward))].map((backward) => {
    const own = points.filter((point) => point.backward === backward);
    const [vocabs, horizons] = [distinct(own, 'vocab'), distinct(own, 'horizon')];
    const perOffset = vocabs.map((vocab) => ({
      vocab,
      bytes: slope(own.filter((point) => point.vocab === vocab).map((p) => [p.horizon, p.workingBytes])),
    }));
    const perToken = horizons.map((horizon) => ({
      horizon,
      bytes: slope(own.filter((point) => point.horizon === horizon).map((p) => [p.vocab, p.workingBytes])),
    }));
    const [inHorizon, inVocab] = [horizons.length > 1, vocabs.length > 1];
    const both = slope(perOffset.map(({ vocab, bytes }) => [vocab, bytes]));
    return {
      backward,
      claim: CLAIMS[backward],
      perOffset: inHorizon ? perOffset : null,
      perToken: inVocab ? perToken : null,
      logitsKept: inHorizon && inVocab ? both / (rows * Float32Array.BYTES_PER_ELEMENT) : null,
    };
  });
}

const distinct = (points: readonly MemoryPoint[], key: 'vocab' | 'horizon'): number[] =>
  [...new Set(points.map((point) => point[key]))].sort((a, b) => a - b);

/** Of the least-squares line through points; NaN for fewer than two places. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const products = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const squares = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return products / squares;
}
