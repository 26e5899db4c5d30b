import { defineHorizonSchedule, Type } from '@foretoken/core/plugin';

type Paying = {
  readonly horizon: number;
  /** Measurements in a row in which the last offset paid. */
  readonly paid: number;
  /** The last measurement: label-match acceptance of the last offset, and what it was held against; null before it. */
  readonly acceptance: number | null;
  readonly costRatio: number | null;
};

/**
 * Grows while drafting pays: one more offset after `patience` measurements in a row in which the last active offset's
 * label-match acceptance was at least what the next offset would cost, as a share of a one-token forward. Starts at
 * horizon 1 and never shrinks.
 *
 * Offset n + 1 adds its marginal acceptance to the tokens of a forward, and its cost ratio to the price of one. Its
 * acceptance is not known before it is trained; that of offset n, which is no smaller, stands for it.
 * @source ours
 */
export default defineHorizonSchedule({
  name: 'acceptance',
  description: 'One more offset while the last one’s label-match acceptance pays for the next one’s FLOPs.',
  options: Type.Object({
    every: Type.Integer({ minimum: 1, default: 50, description: 'Steps between measurements.' }),
    costRatio: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'Acceptance that pays for one more offset; default: its FLOPs over those of a one-token forward.',
      }),
    ),
    patience: Type.Integer({ minimum: 1, default: 2, description: 'Measurements in a row that must pay.' }),
  }),
  create: (context, { every, costRatio, patience }) => ({
    acceptanceEvery: every,
    start: (): Paying => ({ horizon: 1, paid: 0, acceptance: null, costRatio: null }),
    now: (state: Paying) => state.horizon,
    learn(state: Paying, { acceptance = [] }): Paying {
      const last = acceptance.findLast((rate) => rate !== null) ?? null;
      if (last === null || state.horizon === context.horizon)
        return last === null ? state : { ...state, acceptance: last };
      const needed = costRatio ?? context.costRatio(state.horizon + 1);
      const paid = last >= needed ? state.paid + 1 : 0;
      const hasGrown = paid >= patience;
      return {
        horizon: state.horizon + (hasGrown ? 1 : 0),
        paid: hasGrown ? 0 : paid,
        acceptance: last,
        costRatio: needed,
      };
    },
  }),
});
