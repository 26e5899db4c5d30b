// E readout input width, V rows of a readout.
import { ForetokenError, type HeadContext, type Readout, type Tensor1D, type Tensor2D } from '@foretoken/core/plugin';

/**
 * Readouts by offset: offset 1's is the configured one; the further offsets share it, or have one each that starts as a
 * copy of it.
 *
 * @param draftTokens - token ids that the further offsets' own readouts know; absent: all
 * @throws OPTIONS_INVALID for an id beyond the vocabulary, or draftTokens without readouts of their own
 */
export function createDraftReadouts(
  { param, dims: { horizon, vocabulary }, readout }: HeadContext,
  mode: 'own' | 'shared',
  draftTokens?: readonly number[],
): (offset: number) => Readout {
  checkDraftTokens(mode, vocabulary, draftTokens);
  if (mode === 'shared') return () => readout;
  const { gain_E, weight_EV } = readout;
  const [E, V] = weight_EV.shape;
  const tokens = draftTokens ? { tokens_V: Int32Array.from(draftTokens) } : {};
  const own = Array.from({ length: horizon - 1 }, (_, i): Readout => {
    const gain = gain_E && param<Tensor1D>(`readout.${i + 2}.norm`, [E], { kind: 'copy', of: gain_E });
    const weight = param<Tensor2D>(`readout.${i + 2}.unembedding`, [E, draftTokens?.length ?? V], {
      kind: 'copy',
      of: weight_EV,
      columns: draftTokens,
    });
    return { gain_E: gain, weight_EV: weight, ...tokens };
  });
  return (offset) => (offset === 1 ? readout : own[offset - 2]);
}

function checkDraftTokens(mode: 'own' | 'shared', vocabulary: number, draftTokens?: readonly number[]): void {
  if (!draftTokens) return;
  const refuse = (sentence: string) => new ForetokenError('OPTIONS_INVALID', `head "medusa": ${sentence}`);
  if (mode === 'shared') {
    throw refuse('draftTokens needs readouts of its own to leave tokens out of, readout was shared. Set readout: own.');
  }
  const strange = draftTokens.find((token) => token >= vocabulary);
  if (strange === undefined) return;
  throw refuse(`draftTokens must be token ids below the vocabulary's ${vocabulary}, one was ${strange}.`);
}
