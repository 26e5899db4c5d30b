import { defineHorizonSchedule, Type } from '@foretoken/core/plugin';

/**
 * Grows the horizon from 1 to n: after the share p of the steps it is 1 + floor((n - 1) (p / share)^power), at most n.
 *
 * It keeps no state, so there is nothing to checkpoint.
 *
 * @source name the paper, or say that it is yours
 */
export default defineHorizonSchedule({
  name: 'my-plugin',
  description: 'From horizon 1 to the full one along a power of the time.',
  options: Type.Object({
    power: Type.Number({
      exclusiveMinimum: 0,
      default: 1,
      description: '1 grows evenly; above 1 it stays short for longer, below 1 the other way round.',
    }),
    share: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'Share of the run after which the horizon is the full one.',
    }),
  }),
  create: ({ horizon }, { power, share }) => ({
    start: () => null,
    now(_state: null, { step, steps }) {
      const progress = Math.min(1, step / (share * steps));
      return 1 + Math.floor((horizon - 1) * progress ** power);
    },
  }),
});
