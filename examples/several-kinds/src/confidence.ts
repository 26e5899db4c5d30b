import { spreadWindows } from '@foretoken/core/evaluation';
import { defineEval, Type, type WindowScores } from '@foretoken/core/plugin';

/** How often each offset gives the text's token at least a given probability. */
export default defineEval({
  name: 'confidence',
  description: 'How often each offset gives the text’s token at least a given probability.',
  options: Type.Object({
    windows: Type.Integer({
      minimum: 1,
      default: 64,
      description: 'Held-out windows measured, spread over the split.',
    }),
    threshold: Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.5, description: 'The least probability.' }),
  }),
  create: (_context, { windows, threshold }) => ({
    async measure(subject) {
      const losses = await subject.losses(spreadWindows(subject.validation, windows), subject.progress);
      const mostNats = -Math.log(threshold);
      const shares = losses.offsets.map((_, k) => shareWithin(losses.windows, k, mostNats));
      return { results: { offsets: losses.offsets, shares } };
    },
  }),
});

/** Share of the scored positions whose loss is at most so large; null where none is scored. */
function shareWithin(windows: readonly WindowScores[], k: number, mostNats: number): number | null {
  const nats = windows.flatMap((window) => [...window.nats[k]]).filter((loss) => !Number.isNaN(loss));
  return nats.length === 0 ? null : nats.filter((loss) => loss <= mostNats).length / nats.length;
}
