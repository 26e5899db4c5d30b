import type { TrainableModel } from '../../model/build-model.ts';
import { joint } from '../../training/backward/joint.ts';
import { broken, type HeadCheck } from './check.ts';
import { compareGradients, groupWeights } from './finite-differences.ts';
import { FrozenStops } from './frozen-stops.ts';
import { buildSmallModel, type HeadCase } from './head-case.ts';
import { trainingStep } from './training-step.ts';

/** The whole of a training step's loss: the head's own objectives, or cross-entropy of each offset. */
export const lossesAreRight: HeadCheck = {
  title: 'has finite losses of different names, whose gradients agree with finite differences',
  run(head) {
    const stops = new FrozenStops(head.engine.ops);
    const model = buildSmallModel(head, { engine: { ...head.engine, ops: stops.ops } });
    try {
      checkTerms(head, model);
      const value = () => stops.run(() => trainingStep(model, joint).value);
      value();
      const { gradients } = stops.run(() => trainingStep(model, joint));
      const groups = groupWeights(model, (name) => `the ${name.split(/[./]/)[0]}’s weights`);
      const wrong = compareGradients(model, groups, { gradients, value, scale: 0.05 });
      if (wrong) throw broken(head, `loss: ${wrong}`);
    } finally {
      model.dispose();
    }
  },
};

function checkTerms(head: HeadCase, model: TrainableModel): void {
  const { names, losses } = trainingStep(model, joint);
  if (names.length === 0) throw broken(head, 'it has no loss.');
  if (new Set(names).size < names.length) throw broken(head, `losses need different names, were ${names.join(', ')}.`);
  for (const [name, loss] of losses) {
    if (!Number.isFinite(loss)) throw broken(head, `loss "${name}" must be finite, was ${loss}.`);
  }
}
