import { defineHorizonSchedule, Type } from '@foretoken/core/plugin';

/**
 * Forward curriculum: from next-token prediction up, one more offset every steps/n.
 *
 * @source Aynetdinov & Akbik 2025, arXiv:2505.22757
 */
export default defineHorizonSchedule({
  name: 'forward',
  description: 'From horizon 1 up: one more offset every steps/n.',
  options: Type.Object({
    share: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 1,
      description: 'Share of the run that the curriculum takes; after it the full horizon.',
    }),
  }),
  create: ({ horizon }, { share }) => ({
    start: () => null,
    now: (_state: null, { step, steps }) => Math.min(horizon, 1 + Math.floor((step * horizon) / (steps * share))),
  }),
});
