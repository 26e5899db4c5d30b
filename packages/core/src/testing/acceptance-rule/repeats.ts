import type { AcceptanceRule, Kept } from '../../contracts/decoding.ts';
import type { Sampler } from '../../generation/sampler.ts';
import { chanceAndTimeIn } from '../chance-and-time.ts';
import type { DraftStep } from './draft-steps.ts';
import { judged, ofEveryForm } from './rule-case.ts';

/** All rows of a batch share one rule, and none may depend on the others: what it judged before must not count. */
export const answersTheSame = ofEveryForm('keeps the same of the same draft, whatever it judged before', (form) => {
  const { create, broken } = form;
  const rule = create();
  const steps = form.steps(rule);
  const said: string[] = [];
  const inOrder = steps.map((step) => {
    const kept = judged(rule, step);
    said.push(inWords(kept));
    return kept;
  });
  const changed = inOrder.findIndex((kept, index) => inWords(kept) !== said[index]);
  if (changed >= 0) {
    throw broken(
      `what it kept for ${steps[changed].what} was ${said[changed]} and became ${inWords(inOrder[changed])} as it judged ` +
        'other drafts. Return a path of its own each time.',
    );
  }
  const other = create();
  for (const [index, step] of [...steps.entries()].reverse()) {
    const kept = inWords(judged(other, step));
    if (kept === said[index]) continue;
    throw broken(
      `for ${step.what} it kept ${said[index]}, and with the same verdict and random numbers, after other drafts, ` +
        `${kept}. Keep nothing from one call to the next, and draw from \`random\` alone.`,
    );
  }
});

/** A run is repeated from its seed; what comes from elsewhere is lost with the run. */
export const takesChanceFromItsStream = ofEveryForm(
  'takes chance from its stream alone, and nothing from a clock',
  ({ create, broken, steps }) => {
    const rule: AcceptanceRule = create();
    for (const step of steps(rule)) {
      const [used] = chanceAndTimeIn(() => judged(rule, step));
      if (used) throw broken(`for ${step.what} it used ${used}. Draw from the \`random\` that accept is given.`);
    }
  },
);

const inWords = (kept: Kept | undefined): string =>
  kept ? `path [${kept.path}] and next ${kept.next}` : 'nothing (it refused)';

/** A draft of chosen tokens that are all numbered beyond the letters of the word "chosen". */
const BEYOND = 6;

/** 'chosen'[7] is undefined: whatever it is compared with, a draft is never kept, and nobody is told. */
export const knowsChosenNodes = ofEveryForm(
  'takes no word for a distribution: it needs drawn nodes, or judges chosen ones',
  ({ create, broken, steps }) => {
    const rule = create();
    if (rule.needsDrawn) return;
    for (const step of steps(rule)) {
      const asked = indexedWord(withTokensBeyond(step), rule);
      if (asked === undefined) continue;
      throw broken(
        `for ${step.what}, whose q says 'chosen', it read the word as a distribution, at token ${asked}. Say ` +
          "`needsDrawn: true`, or judge a node that was not drawn: `q === 'chosen'`.",
      );
    }
  },
);

/** The same step with every token, and all that is said of it, moved up: whatever index into the word is asked, it is beyond. */
function withTokensBeyond(step: DraftStep): DraftStep {
  const { tree, vocabulary } = step;
  const moved = (values: ArrayLike<number>, rest: number) => [
    ...Array.from({ length: BEYOND }, () => rest),
    ...Array.from(values),
  ];
  return {
    ...step,
    vocabulary: vocabulary + BEYOND,
    sampler: movedSampler(step.sampler),
    tree: {
      ...tree,
      tokens: tree.tokens.map((token) => token + BEYOND),
      q: tree.q.map((q_V) => (q_V === 'chosen' ? q_V : Float64Array.from(moved(q_V, 0)))),
    },
    logits: step.logits.map((logits_V) => Float32Array.from(moved(logits_V, Number.NEGATIVE_INFINITY))),
  };
}

/** What a sampler makes of the tokens that were moved up; the others cannot come. */
function movedSampler(sampler: Sampler): Sampler {
  const own = (logits_V: ArrayLike<number>) => Array.from(logits_V).slice(BEYOND);
  return {
    argmax: (logits_V, seen) => sampler.argmax(own(logits_V), seen) + BEYOND,
    distribution: (logits_V, seen) =>
      Float64Array.from([...new Array(BEYOND).fill(0), ...sampler.distribution(own(logits_V), seen)]),
  };
}

/** The index beyond its letters at which a rule reads the word "chosen"; undefined where it does not. */
function indexedWord(step: DraftStep, rule: AcceptanceRule): number | undefined {
  let asked: number | undefined;
  const indices = Array.from({ length: step.vocabulary - BEYOND }, (_, index) => index + BEYOND);
  for (const index of indices) {
    // An index beyond its end is looked up on the prototype of all strings.
    Object.defineProperty(String.prototype, index, {
      configurable: true,
      get() {
        if (String(this) === 'chosen') asked ??= index;
        return undefined;
      },
    });
  }
  try {
    judged(rule, step);
  } finally {
    for (const index of indices) Reflect.deleteProperty(String.prototype, index);
  }
  return asked;
}
