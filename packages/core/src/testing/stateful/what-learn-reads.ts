import type { Observed } from '../../contracts/training.ts';
import { scriptOf } from './json-state.ts';
import { type Made, make, type StatefulCase } from './stateful-case.ts';
import { MOODS, play } from './training-script.ts';

/** @returns whether `learn` looks at this part of what a step showed, in any of the made-up trainings */
export function doesLearnRead(of: StatefulCase, part: keyof Observed): boolean {
  const made = make(of);
  if (!made.learn) return false;
  let isRead = false;
  const watch = (seen: Observed) =>
    new Proxy(seen, {
      get(target, name) {
        isRead ||= name === part;
        return Reflect.get(target, name);
      },
    });
  const learn: Made['learn'] = (state, seen, at) => made.learn!(state, watch(seen), at);
  const watched = Object.create(made, { learn: { value: learn } }) as Made;
  for (const mood of MOODS) for (const _ of play(watched, { ...scriptOf(of), mood })) if (isRead) return true;
  return isRead;
}
