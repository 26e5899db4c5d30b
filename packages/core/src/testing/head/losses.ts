import type { LanguageModel } from '../../contracts/model.ts';
import type { TrainableModel } from '../../model/build-model.ts';
import { joint } from '../../training/backward/joint.ts';
import { broken } from '../contract.ts';
import { withReference } from '../reference/reference-measure.ts';
import { compareGradients, groupWeights, type Measure, nudging } from './finite-differences.ts';
import { FrozenStops } from './frozen-stops.ts';
import type { HeadCheck } from './head-case.ts';
import { buildSmallModel, type HeadCase } from './head-case.ts';
import { lossOf, readObjectives } from './small-step.ts';
import { trainingStep } from './training-step.ts';

/** The whole of a training step's loss: the head's own objectives, or cross-entropy of each offset. */
export const lossesAreRight: HeadCheck = {
  title: 'has finite losses of different names, whose gradients agree with finite differences',
  run(head) {
    const stops = new FrozenStops(head.engine.ops);
    const model = buildSmallModel(head, { engine: { ...head.engine, ops: stops.ops } });
    try {
      checkTerms(head, model);
      const wrong = withReference(head, totalLoss, (reference) => compareLossGradients(model, stops, reference));
      if (wrong) throw broken(head, `loss: ${wrong}`);
    } finally {
      model.dispose();
    }
  },
};

function compareLossGradients(
  model: TrainableModel,
  stops: FrozenStops,
  reference: Measure | undefined,
): string | undefined {
  const step = () => stops.run(() => trainingStep(model, joint));
  step();
  const { gradients } = step();
  const groups = groupWeights(model, (name) => `the ${name.split(/[./]/)[0]}’s weights`);
  const measure = reference ?? nudging(model, () => step().value);
  return compareGradients(model, groups, { gradients, measure, scale: 0.05 });
}

/** Sum of all losses. */
function totalLoss(model: LanguageModel): number {
  return readObjectives(model, (objectives) =>
    objectives.reduce((sum, objective) => sum + lossOf(model, objective), 0),
  );
}

function checkTerms(head: HeadCase, model: TrainableModel): void {
  const names = readObjectives(model, (objectives) => objectives.map(({ name }) => name));
  if (names.length === 0) {
    throw broken(head, 'it has no loss, so nothing would train. Return at least one objective, or leave them out.');
  }
  if (new Set(names).size < names.length) {
    throw broken(head, `losses need different names, were ${names.join(', ')}. Name each after what it measures.`);
  }
  for (const [name, loss] of trainingStep(model, joint).losses) {
    if (Number.isFinite(loss)) continue;
    throw broken(head, `loss "${name}" must be finite, was ${loss}. Divide by \`validRows\` that can be 0 with care.`);
  }
}
