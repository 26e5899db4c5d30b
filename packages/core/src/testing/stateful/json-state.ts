import type { Json } from '../../contracts/json.ts';
import { notJson } from '../../plugins/not-json.ts';
import { broken } from '../contract.ts';
import { type Made, make, type StatefulCase, type StatefulCheck, said, termsOf } from './stateful-case.ts';
import { MOODS, play, sayStep } from './training-script.ts';

/** What is no JSON does not come back from a checkpoint. */
export const stateIsJson: StatefulCheck = {
  title: 'has JSON for a state, from the start and after every step',
  run(of) {
    const terms = termsOf(of);
    for (const mood of MOODS) {
      const script = { ...scriptOf(of), terms, mood };
      const check = (plugin: Made, state: Json, step: number) => {
        const problem = notJson(state, 'the state');
        const where = step === 0 ? 'from `start`' : `after ${step} steps`;
        if (problem) throw broken(of, `its state must survive JSON, and ${problem} ${where} (${mood} losses). ${MEND}`);
        return [plugin, state] as const;
      };
      for (const _ of play(make(of), script, check));
    }
  },
};

const MEND =
  'Give plain objects, lists, texts, booleans, null and finite numbers from `start` and from every `learn`: null where ' +
  'nothing is known yet, a list in place of a Map or a typed array.';

/** A checkpoint may be taken after any step, and the process that goes on knows nothing but the state. */
export const resumesExactly: StatefulCheck = {
  title: 'goes on from a checkpoint of any step as if the training had never stopped',
  run(of) {
    for (const mood of ['falling', 'jumping', 'idle'] as const) {
      const script = { ...scriptOf(of), mood };
      const whole = [...play(make(of), script)].map(sayStep);
      for (let stop = 0; stop <= script.steps; stop++) {
        const resumed = play(make(of), script, (plugin, state, step) =>
          step === stop ? [make(of), JSON.parse(said(state))] : [plugin, state],
        );
        compareSteps(of, whole, [...resumed].map(sayStep), { mood, stop });
      }
    }
  },
};

function compareSteps(
  of: StatefulCase,
  whole: readonly string[],
  resumed: readonly string[],
  { mood, stop }: { readonly mood: string; readonly stop: number },
): void {
  const step = whole.findIndex((one, i) => one !== resumed[i]);
  if (step < 0) return;
  throw broken(
    of,
    `stopped after ${stop} steps and resumed, step ${step} has another value or state than without the stop: ` +
      `[value, state] ${resumed[step]} in place of ${whole[step]} (${mood} losses). Keep everything that the next step goes ` +
      'by in the state, and nothing in variables of `create` or of the module.',
  );
}

/** A training that is long enough for what takes a few steps, in all of them. */
export const scriptOf = (of: StatefulCase) => ({
  kind: of.subject.kind as 'weighting' | 'horizon-schedule',
  terms: termsOf(of),
  horizon: of.horizon,
  steps: 24,
});
