import type { TrainableModel } from '../../model/build-model.ts';
import { joint } from '../../training/backward/joint.ts';
import { sequential } from '../../training/backward/sequential.ts';
import { broken } from '../contract.ts';
import type { HeadCheck } from './head-case.ts';
import { buildSmallModel, type HeadCase } from './head-case.ts';
import { type SmallStep, trainingStep } from './training-step.ts';

/** Largest relative difference of two gradients that differ in the order of their sums alone. */
const TOLERANCE = 1e-5;

/** What the offsets of a head share without declaring it is gone, or counted wrongly, when they run one at a time. */
export const offsetsComeApart: HeadCheck = {
  title: 'has the same losses and gradients offset by offset (backward: sequential) as in one pass (joint)',
  run(head) {
    for (const readout of ['shared', 'replicated'] as const) {
      const model = buildSmallModel(head, { readout });
      try {
        const wrong = difference(trainingStep(model, joint), apart(head, model));
        if (wrong) throw broken(head, `run offset by offset, ${wrong}. ${MEND}`);
      } finally {
        model.dispose();
      }
    }
  },
};

const MEND = 'What offsets share goes along the carry (`reads.carry`).';

function apart(head: HeadCase, model: TrainableModel): SmallStep {
  try {
    return trainingStep(model, sequential);
  } catch (error) {
    throw broken(head, `run offset by offset, it throws: ${(error as Error).message} ${MEND}`);
  }
}

/** The first disagreement as a sentence; undefined if there is none. */
function difference(together: SmallStep, alone: SmallStep): string | undefined {
  for (const [term, loss] of together.losses) {
    const other = alone.losses.get(term) ?? Number.NaN;
    if (!(Math.abs(other - loss) <= TOLERANCE * Math.abs(loss))) return `loss "${term}" is ${other}, was ${loss}`;
  }
  for (const name of new Set([...together.gradients.keys(), ...alone.gradients.keys()])) {
    const [gradient, other] = [together.gradients.get(name), alone.gradients.get(name)];
    if (!gradient || !other) return `the gradient of weight "${name}" ${gradient ? 'is missing' : 'is one too many'}`;
    const distance = Math.hypot(...gradient.map((value, i) => value - other[i]));
    const length = Math.hypot(...gradient);
    if (!(distance <= TOLERANCE * length)) {
      return `the gradient of weight "${name}" is ${distance} away from one of length ${length}`;
    }
  }
  return undefined;
}
