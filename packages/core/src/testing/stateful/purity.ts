import { deepFreeze } from '../../config/freeze.ts';
import { broken } from '../contract.ts';
import { scriptOf } from './json-state.ts';
import { type Made, make, type StatefulCase, type StatefulCheck, said } from './stateful-case.ts';
import { MOODS, type PlayedStep, play } from './training-script.ts';

/** `now` is asked to plan a run's cost, to show a step, and again after a resume: asking must change nothing. */
export const nowIsPure: StatefulCheck = {
  title: 'answers `now` by state and moment alone, however often it is asked, and leaves the state as it was',
  run(of) {
    for (const mood of MOODS) {
      const made = make(of);
      for (const step of play(made, { ...scriptOf(of), mood })) checkNow(of, made, step);
    }
  },
};

function checkNow(of: StatefulCase, made: Made, { state, value, at }: PlayedStep): void {
  const before = said(state);
  const elsewhere = [0, Math.floor(at.steps / 2), at.steps - 1].map((step) => ({ step, steps: at.steps }));
  for (const moment of elsewhere) made.now(state, moment);
  const agains = [made.now(state, at), made.now(state, at)].map(said);
  if (said(state) !== before) {
    throw broken(of, `\`now\` wrote into its state at step ${at.step}: ${said(state)} in place of ${before}. ${COPY}`);
  }
  const again = agains.find((other) => other !== said(value));
  if (again !== undefined) {
    throw broken(
      of,
      `\`now\` gave ${said(value)} at step ${at.step}, and ${again} when it was asked again with the same state. Let it ` +
        'follow from `state` and `at` alone: what changes belongs into the state, through `learn`.',
    );
  }
  made.now(deepFreeze(structuredClone(state)), at);
}

const COPY = 'Give a new value, such as `{ ...state, best }` or `list.map(...)`, and leave the old one as it is.';

/** The old state may be that of a checkpoint which is being written; what was seen goes to the log. */
export const learnLeavesAlone: StatefulCheck = {
  title:
    'gives a new state from `learn`, the same for the same past, and leaves the old one and what was seen as they were',
  run(of) {
    for (const mood of MOODS) {
      const made = make(of);
      if (!made.learn) return;
      checkStart(of, made);
      for (const step of play(made, { ...scriptOf(of), mood })) checkLearn(of, made, step);
    }
  },
};

function checkStart(of: StatefulCase, made: Made): void {
  const terms = [...scriptOf(of).terms];
  const first = said(made.start(terms));
  if (said(terms) !== said(scriptOf(of).terms))
    throw broken(of, `\`start\` wrote into the names of the terms. ${COPY}`);
  const second = said(made.start(deepFreeze(terms) as readonly string[]));
  if (first === second) return;
  throw broken(of, `\`start\` gave ${first}, and ${second} for the same terms. Let it follow from the terms alone.`);
}

function checkLearn(of: StatefulCase, made: Made, { state, seen, at }: PlayedStep): void {
  const before = { state: said(state), seen: said(seen) };
  const first = said(made.learn!(state, seen, at));
  for (const [what, now] of Object.entries({ state: said(state), seen: said(seen) })) {
    const then = before[what as keyof typeof before];
    if (now === then) continue;
    throw broken(of, `\`learn\` wrote into its ${what} at step ${at.step}: ${now} in place of ${then}. ${COPY}`);
  }
  const second = said(made.learn!(deepFreeze(structuredClone(state)), deepFreeze(structuredClone(seen)), at));
  if (first === second) return;
  throw broken(
    of,
    `\`learn\` gave ${first} at step ${at.step}, and ${second} for the same state and the same \`seen\`. Keep what it goes ` +
      'by in the state, and nothing in variables of `create` or of the module.',
  );
}
