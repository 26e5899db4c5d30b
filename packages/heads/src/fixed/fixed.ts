import { defineHorizonSchedule } from '@foretoken/core/plugin';

/** The configured horizon in every step. */
export default defineHorizonSchedule({
  name: 'fixed',
  description: 'The configured horizon in every step (the paper).',
  create: ({ horizon }) => ({
    start: () => null,
    now: () => horizon,
  }),
});
