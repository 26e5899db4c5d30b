// E readout input width, V rows of the readout.
import { ForetokenError, type HeadContext, type Readout, type Tensor1D, type Tensor2D } from '@foretoken/core/plugin';

/**
 * Offset 1's readout for offset 1; for all further offsets one of their own that knows a few tokens only and starts as
 * those columns of offset 1's.
 *
 * @param draftTokens - different token ids
 * @throws OPTIONS_INVALID for an id beyond the vocabulary
 */
export function createDraftReadout(
  { param, readout, dims: { vocabulary } }: HeadContext,
  draftTokens: readonly number[],
): (offset: number) => Readout {
  const strange = draftTokens.find((token) => token >= vocabulary);
  if (strange !== undefined) {
    throw new ForetokenError(
      'OPTIONS_INVALID',
      `head "eagle": draftTokens must be token ids below the vocabulary's ${vocabulary}, one was ${strange}.`,
    );
  }
  const { gain_E, weight_EV } = readout;
  const [E] = weight_EV.shape;
  const draft: Readout = {
    gain_E: gain_E && param<Tensor1D>('readout.norm', [E], { kind: 'copy', of: gain_E }),
    weight_EV: param<Tensor2D>('readout.unembedding', [E, draftTokens.length], {
      kind: 'copy',
      of: weight_EV,
      columns: draftTokens,
    }),
    tokens_V: Int32Array.from(draftTokens),
  };
  return (offset) => (offset === 1 ? readout : draft);
}
