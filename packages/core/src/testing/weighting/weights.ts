import { broken } from '../contract.ts';
import { isByCode } from '../options/works-or-refuses.ts';
import { scriptOf } from '../stateful/json-state.ts';
import { type Made, make, type StatefulCase, type StatefulCheck, said, termsOf } from '../stateful/stateful-case.ts';
import { MOODS, play } from '../stateful/training-script.ts';

/** Terms of heads without gaps, with gaps, and with terms of their own. */
const shapesOf = (of: StatefulCase): readonly { readonly horizon: number; readonly terms: readonly string[] }[] => [
  { horizon: of.horizon, terms: termsOf(of) },
  ...Array.from({ length: 8 }, (_, i) => ({ horizon: i + 1, terms: termsOf(of, i + 1) })),
  { horizon: 5, terms: ['offset-1', 'offset-3', 'offset-5', ...of.ownTerms] },
  { horizon: 2, terms: ['offset-1', 'offset-2', ...new Set(['a-term-of-its-own', ...of.ownTerms])] },
];

/** The trainer stops a run for anything else. */
export const givesWeights: StatefulCheck = {
  title:
    'gives one finite weight >= 0 per term, for 1 to 8 offsets and terms of a head’s own, at every step of any training',
  run(of) {
    for (const [i, shape] of shapesOf(of).entries()) {
      const made = started(of, shape, i > 0);
      if (!made) continue;
      checkPlan(of, made, shape.terms);
      for (const mood of MOODS) {
        // The case's own terms go through a training in which whatever adds up had time to.
        const steps = i === 0 ? 1000 : 24;
        for (const { value, at } of play(made, { ...scriptOf(of), ...shape, mood, steps })) {
          checkWeights(of, value, shape.terms, `at step ${at.step} of ${steps} (${mood} losses)`);
        }
      }
    }
  },
};

/** The weighting for some terms; undefined where it refuses them by a code and may. */
function started(
  of: StatefulCase,
  shape: { horizon: number; terms: readonly string[] },
  mayRefuse: boolean,
): Made | undefined {
  try {
    const made = make(of, shape);
    made.start(shape.terms);
    return made;
  } catch (error) {
    if (mayRefuse && isByCode(error)) return undefined;
    throw error;
  }
}

/** Every step of short and long runs, as they would be asked for before anything was learnt. */
function checkPlan(of: StatefulCase, made: Made, terms: readonly string[]): void {
  const state = made.start(terms);
  for (const steps of [1, 2, 10, 1000]) {
    for (let step = 0; step <= steps; step += Math.max(1, steps / 10)) {
      checkWeights(of, made.now(state, { step, steps }), terms, `at step ${step} of ${steps}`);
    }
  }
}

function checkWeights(of: StatefulCase, value: unknown, terms: readonly string[], where: string): void {
  const isList = Array.isArray(value) && value.length === terms.length;
  const isGood =
    isList && value.every((weight) => typeof weight === 'number' && Number.isFinite(weight) && weight >= 0);
  if (isGood) return;
  const got = Array.isArray(value) ? `[${value}]` : said(value);
  throw broken(
    of,
    `weights must be ${terms.length} finite numbers >= 0, one for each of ${terms.join(', ')}, were ${got} ${where}. ` +
      'Keep away from 0 what you divide by, bound what grows, and take the number of terms from `start`.',
  );
}

/** A step in which every term weighs 0 is refused: it would train nothing. */
export const leavesSomething: StatefulCheck = {
  title: 'leaves a weight above 0 in every step, also where offset 1 is all there is',
  run(of) {
    for (const horizon of [of.horizon, 1]) {
      const terms = termsOf(of, horizon);
      const made = started(of, { horizon, terms }, horizon !== of.horizon);
      if (!made) continue;
      for (const mood of MOODS) {
        for (const { value, at } of play(made, { ...scriptOf(of), horizon, terms, mood })) {
          if (!Array.isArray(value) || value.some((weight) => weight > 0)) continue;
          throw broken(
            of,
            `every term (${terms.join(', ')}) weighs 0 at step ${at.step} (${mood} losses): nothing would train. Give one ` +
              'of them some weight.',
          );
        }
      }
    }
  },
};
