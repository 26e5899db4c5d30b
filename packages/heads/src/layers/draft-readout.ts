// E readout input width, V rows of a readout.
import {
  ForetokenError,
  type HeadContext,
  type Readout,
  type Tensor1D,
  type Tensor2D,
  Type,
} from '@foretoken/core/plugin';

/** The option `draftTokens` of heads whose further offsets may know a few tokens only. */
export const draftTokensOption = (description: string) =>
  Type.Optional(Type.Array(Type.Integer({ minimum: 0 }), { minItems: 1, uniqueItems: true, description }));

/**
 * Refuses draft tokens that are none. Call it whatever the horizon: without further offsets a mistake is still one.
 *
 * @param head - its name, for the sentence
 * @throws OPTIONS_INVALID for an id beyond the vocabulary
 */
export function checkDraftTokens(
  head: string,
  { dims: { vocabulary } }: HeadContext,
  draftTokens: readonly number[] = [],
): void {
  const strange = draftTokens.find((token) => token >= vocabulary);
  if (strange === undefined) return;
  throw new ForetokenError(
    'OPTIONS_INVALID',
    `head "${head}": draftTokens must be token ids below the vocabulary's ${vocabulary}, one was ${strange}.`,
  );
}

/**
 * A readout of the head's own that starts as offset 1's: as all of it, or as the columns of the draft tokens.
 *
 * @param name - of the weights, as in `readout.2`: `.norm` and `.unembedding` are added
 * @param draftTokens - different token ids below the vocabulary's size; absent: all
 */
export function createDraftReadout(
  { param, readout: { gain_E, weight_EV } }: HeadContext,
  name: string,
  draftTokens?: readonly number[],
): Readout {
  const [E, V] = weight_EV.shape;
  return {
    gain_E: gain_E && param<Tensor1D>(`${name}.norm`, [E], { kind: 'copy', of: gain_E }),
    weight_EV: param<Tensor2D>(`${name}.unembedding`, [E, draftTokens?.length ?? V], {
      kind: 'copy',
      of: weight_EV,
      columns: draftTokens,
    }),
    ...(draftTokens && { tokens_V: Int32Array.from(draftTokens) }),
  };
}
