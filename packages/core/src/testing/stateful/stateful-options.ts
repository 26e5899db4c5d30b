import { optionsAct } from '../options/option-forms.ts';
import { worksOrRefuses } from '../options/works-or-refuses.ts';
import { scriptOf } from './json-state.ts';
import { make, makeGuarded, type StatefulCase, said } from './stateful-case.ts';
import { MOODS, play } from './training-script.ts';

/** Everything that a weighting or schedule says in trainings of every mood. */
function trainings(of: StatefulCase): string {
  makeGuarded(of);
  const { needs, acceptanceEvery } = make(of);
  const steps = MOODS.flatMap((mood) => [...play(make(of), { ...scriptOf(of), mood, steps: 48 })]);
  return said([needs, acceptanceEvery, steps.map(({ value }) => value)]);
}

/** Its work: six trainings. */
export const trainsOrRefuses = worksOrRefuses<StatefulCase>(trainings);

/** The check of options, for the suite that this function calls. States are no effect: nothing is trained by them. */
export const optionsChangeTraining = (suite: string) =>
  optionsAct<StatefulCase>(trainings, 'nothing that `now` gives in six made-up trainings of 48 steps', suite);
