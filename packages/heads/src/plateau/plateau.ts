import { defineHorizonSchedule, offsetTerm, Type } from '@foretoken/core/plugin';

type Watch = {
  readonly horizon: number;
  /** Place of the watched term among the terms. */
  readonly term: number;
  /** Running mean of its loss; null before the first step. */
  readonly loss: number | null;
  /** Lowest running mean since the horizon grew, and steps since then that did not beat it. */
  readonly best: number | null;
  readonly since: number;
};

/**
 * One more offset whenever the next-token loss has stopped falling: its running mean has not come below its lowest value
 * by `minDelta` for `patience` steps. Starts at horizon 1.
 *
 * @source ours; the rule is that of learning-rate schedules on plateaus
 */
export default defineHorizonSchedule({
  name: 'plateau',
  description: 'One more offset whenever the next-token loss has stopped falling.',
  options: Type.Object({
    patience: Type.Integer({ minimum: 1, default: 100, description: 'Steps without a better loss before growing.' }),
    minDelta: Type.Number({ minimum: 0, default: 0.01, description: 'Nats by which a loss must be better to count.' }),
    smoothing: Type.Number({
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0.9,
      description: 'Decay of the running mean of the loss; 0: each step’s own loss.',
    }),
  }),
  create: ({ horizon }, { patience, minDelta, smoothing }) => ({
    start: (terms: readonly string[]): Watch => ({
      horizon: 1,
      term: Math.max(0, terms.indexOf(offsetTerm(1))),
      loss: null,
      best: null,
      since: 0,
    }),
    now: (state: Watch) => state.horizon,
    learn(state: Watch, { losses }): Watch {
      const seen = losses[state.term];
      const loss = state.loss === null ? seen : smoothing * state.loss + (1 - smoothing) * seen;
      if (state.best === null || loss < state.best - minDelta) return { ...state, loss, best: loss, since: 0 };
      if (state.since + 1 < patience) return { ...state, loss, since: state.since + 1 };
      return { ...state, horizon: Math.min(state.horizon + 1, horizon), loss, best: null, since: 0 };
    },
  }),
});
