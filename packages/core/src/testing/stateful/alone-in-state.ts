import { chanceAndTimeIn } from '../chance-and-time.ts';
import { broken } from '../contract.ts';
import { scriptOf } from './json-state.ts';
import { make, type StatefulCase, type StatefulCheck } from './stateful-case.ts';
import { type PlayedStep, play, type Script, sayStep } from './training-script.ts';

/** Runs share a process, and a run that is planned, previewed and trained makes its plugins several times. */
export const keepsNothingElse: StatefulCheck = {
  title: 'gives two trainings that take turns what each gets by itself',
  run(of) {
    const scripts = [
      { ...scriptOf(of), mood: 'falling', seed: 1 },
      { ...scriptOf(of), mood: 'jumping', seed: 2 },
    ] as const satisfies readonly Script[];
    const apart = scripts.map((script) => [...play(make(of), script)].map(sayStep));
    const [shared, other] = [make(of), make(of)];
    compare(of, apart, inTurns(scripts.map((script) => play(shared, script))), 'one object of `create`');
    const both = [shared, other].map((made, i) => play(made, scripts[i]));
    compare(of, apart, inTurns(both), 'two objects of `create`');
  },
};

/** The steps of several trainings, one of each in turn. */
function inTurns(plays: readonly Generator<PlayedStep>[]): string[][] {
  const steps = plays.map((): string[] => []);
  for (let isOver = false; !isOver; ) {
    isOver = true;
    for (const [i, one] of plays.entries()) {
      const next = one.next();
      if (next.done) continue;
      steps[i].push(sayStep(next.value));
      isOver = false;
    }
  }
  return steps;
}

function compare(of: StatefulCase, apart: string[][], together: string[][], by: string): void {
  for (const [i, steps] of apart.entries()) {
    const step = steps.findIndex((one, at) => one !== together[i][at]);
    if (step < 0) continue;
    throw broken(
      of,
      `two trainings that take turns with ${by} disturb one another: at step ${step} [value, state] is ` +
        `${together[i][step]} in place of ${steps[step]}. Keep everything in the state, and nothing in variables of ` +
        '`create` or of the module.',
    );
  }
}

/** A run that is repeated, or resumed on another day, must end in the same bits. */
export const usesNoChance: StatefulCheck = {
  title: 'looks at no clock and draws no random number',
  run(of) {
    const used = chanceAndTimeIn(() => {
      for (const mood of ['falling', 'jumping'] as const) [...play(make(of), { ...scriptOf(of), mood })];
    });
    if (used.length === 0) return;
    throw broken(
      of,
      `it used ${used.join(' and ')}. Go by the step, by what was seen and by the state; where chance is wanted, keep the ` +
        'state of a generator of your own in the state.',
    );
  },
};
