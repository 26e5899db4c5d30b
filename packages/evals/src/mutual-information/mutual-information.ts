import { spreadWindows } from '@foretoken/core/evaluation';
import { defineEval, Type } from '@foretoken/core/plugin';
import { estimateTwoTokenTerms, positionLosses, type TwoTokenTerms } from '../theory/two-token-terms.ts';

/** Results of the eval `mutual-information`, in nats. */
export type MutualInformationResults = {
  /** Held-out windows measured. */
  readonly windows: number;
  /** What the loss of the next two tokens is made of; null without such positions. */
  readonly terms: TwoTokenTerms | null;
  /**
   * Share of that loss which is what the two tokens tell of each other, counted twice: 2 I(X;Y) / (H(X) + H(Y)). The
   * losses of the same two tokens by offset 1, one after the other, count it once. Null without terms, or where they are 0.
   */
  readonly share: number | null;
  /** Why there are no terms, or null. */
  readonly reason: string | null;
};

/** The terms of the 2-token loss on held-out text: what predicting two tokens at once is paid for. */
export const mutualInformation = defineEval({
  name: 'mutual-information',
  description:
    'What the loss of the next two tokens is made of: H(X|Y) + 2 I(X;Y) + H(Y|X), from the losses of offsets 1 and 2.',
  options: Type.Object({
    windows: Type.Integer({
      minimum: 1,
      default: 64,
      description: 'Held-out windows measured, spread over the split.',
    }),
  }),
  create: (_context, { windows }) => ({
    async measure(subject) {
      const losses = await subject.losses(spreadWindows(subject.validation, windows), subject.progress);
      const terms = estimateTwoTokenTerms(positionLosses(losses.offsets, losses.windows)) ?? null;
      const results: MutualInformationResults = {
        windows: losses.windows.length,
        terms,
        share: terms && shareOf(terms),
        reason: terms ? null : reasonOf(losses.offsets),
      };
      return { results };
    },
  }),
});

function shareOf({ mutualInformation: shared, next, second }: TwoTokenTerms): number | null {
  return next + second > 0 ? (2 * shared) / (next + second) : null;
}

function reasonOf(offsets: readonly number[]): string {
  if (!offsets.includes(2)) return `the model predicts offsets ${offsets.join(', ')}, and offset 2 is needed`;
  return 'no held-out position has two more tokens in its document and in the vocabularies of offsets 1 and 2';
}
