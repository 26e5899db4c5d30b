import { defineHorizonSchedule, Type } from '@foretoken/core/plugin';

/**
 * Reverse curriculum: from the full horizon down to next-token prediction, one offset fewer every steps/n.
 *
 * @source Aynetdinov & Akbik 2025, arXiv:2505.22757
 */
export default defineHorizonSchedule({
  name: 'reverse',
  description: 'From the full horizon down: one offset fewer every steps/n.',
  options: Type.Object({
    share: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 1,
      description: 'Share of the run that the curriculum takes; after it horizon 1.',
    }),
  }),
  create: ({ horizon }, { share }) => ({
    start: () => null,
    now: (_state: null, { step, steps }) => Math.max(1, horizon - Math.floor((step * horizon) / (steps * share))),
  }),
});
