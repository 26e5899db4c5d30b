// K offsets of the model.
import { defineEval, type OffsetLosses, Type } from '@foretoken/core/plugin';

/** Results of the eval; arrays follow `offsets`. */
export type Results = {
  readonly windows: number;
  readonly offsets: readonly number[];
  /** Mean bits of the worst share of the positions; null for an offset without any. */
  readonly tailBits: readonly (number | null)[];
};

/**
 * Mean loss of the worst share of the held-out positions, per offset: what a mean over all of them hides.
 *
 * @source the expected shortfall, Rockafellar and Uryasev 2000; name the paper that you follow
 */
export default defineEval({
  name: 'my-plugin',
  description: 'Mean bits of the worst share of held-out positions, per offset.',
  options: Type.Object({
    share: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.05,
      description: 'Share of the positions that counts as the worst; 1 gives the plain mean.',
    }),
    windows: Type.Integer({
      minimum: 1,
      default: 16,
      description: 'Held-out windows measured, spread over the split.',
    }),
  }),
  create: (_context, { share, windows }) => ({
    async measure({ validation, losses, progress }) {
      const count = Math.min(windows, validation.count);
      const spread = Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * validation.count) / count));
      const seen = await losses(spread, progress);
      const tailBits = seen.offsets.map((_, k) => tailOf(bitsOf(seen, k), share));
      const results: Results = { windows: count, offsets: seen.offsets, tailBits };
      return { results };
    },
  }),
});

/** Bits of every scored position of offset number k; a position without a target in its document holds NaN. */
const bitsOf = ({ windows }: OffsetLosses, k: number): number[] =>
  windows.flatMap(({ nats }) => Array.from(nats[k])).flatMap((nats) => (Number.isNaN(nats) ? [] : [nats / Math.LN2]));

/** Mean of the largest values, the share of them rounded up. */
function tailOf(bits: readonly number[], share: number): number | null {
  if (bits.length === 0) return null;
  const worst = [...bits].sort((a, b) => b - a).slice(0, Math.ceil(share * bits.length));
  return worst.reduce((sum, value) => sum + value, 0) / worst.length;
}
