import { broken } from '../contract.ts';
import { scriptOf } from '../stateful/json-state.ts';
import { type Made, make, type StatefulCase, type StatefulCheck, said, termsOf } from '../stateful/stateful-case.ts';
import { MOODS, play } from '../stateful/training-script.ts';

/** The trainer stops a run for anything else. */
export const staysInRange: StatefulCheck = {
  title: 'gives an integer in 1..horizon, for horizons from 1 to 8, at every step of any training',
  run(of) {
    for (const horizon of [of.horizon, 1, 2, 3, 4, 5, 6, 7, 8]) {
      for (const costs of COSTS) {
        const made = make(of, { horizon, costRatio: (offset) => (offset <= horizon ? costs : 0) });
        checkPlan(of, made, horizon);
        for (const mood of MOODS) {
          const steps = horizon === of.horizon && costs === 0 ? 1000 : 24;
          const script = { ...scriptOf(of), horizon, terms: termsOf(of, horizon), mood, steps };
          for (const { value, at } of play(made, script)) {
            checkHorizon(of, value, horizon, `at step ${at.step} of ${steps} (${mood} losses)`);
          }
        }
      }
    }
  },
};

/** Further offsets that cost nothing, because the head has none there, a quarter of a forward, or more than one. */
const COSTS = [0, 0.25, 3];

/** Every step of short and long runs, as the cost of a run is planned before anything was learnt. */
function checkPlan(of: StatefulCase, made: Made, horizon: number): void {
  const state = made.start(termsOf(of, horizon));
  for (const steps of [1, 2, 10, 1000]) {
    for (let step = 0; step < steps; step += Math.max(1, Math.floor(steps / 10))) {
      checkHorizon(of, made.now(state, { step, steps }), horizon, `at step ${step} of ${steps}`);
    }
  }
}

function checkHorizon(of: StatefulCase, value: unknown, horizon: number, where: string): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= horizon) return;
  throw broken(
    of,
    `a horizon is an integer in 1..${horizon}, was ${said(value)} ${where}. Round down and bound it: ` +
      '`Math.max(1, Math.min(horizon, Math.floor(value)))`.',
  );
}
