import { createNodes } from '@foretoken/engine';
import type { TrainableModel } from '../../model/build-model.ts';
import { createRandom } from '../../random/random.ts';
import { joint } from '../../training/backward.ts';
import { broken, type HeadCheck } from './check.ts';
import { compareGradients, groupWeights } from './finite-differences.ts';
import { FrozenStops } from './frozen-stops.ts';
import { buildSmallModel, type HeadCase } from './head-case.ts';
import { smallText } from './small-text.ts';

/** The whole of a training step's loss: the head's own objectives, or cross-entropy of each offset. */
export const lossesAreRight: HeadCheck = {
  title: 'has finite losses of different names, whose gradients agree with finite differences',
  run(head) {
    const stops = new FrozenStops(head.engine.ops);
    const model = buildSmallModel(head, { ...head.engine, ops: stops.ops });
    try {
      checkTerms(head, model);
      const value = () => stops.run(() => step(model).value);
      value();
      const { gradients } = stops.run(() => step(model));
      const groups = groupWeights(model, (name) => `the ${name.split(/[./]/)[0]}’s weights`);
      const wrong = compareGradients(model, groups, { gradients, value, scale: 0.05 });
      if (wrong) throw broken(head, `loss: ${wrong}`);
    } finally {
      model.dispose();
    }
  },
};

function checkTerms(head: HeadCase, model: TrainableModel): void {
  const { names, losses } = step(model);
  if (names.length === 0) throw broken(head, 'it has no loss.');
  if (new Set(names).size < names.length) throw broken(head, `losses need different names, were ${names.join(', ')}.`);
  for (const [name, loss] of losses) {
    if (!Number.isFinite(loss)) throw broken(head, `loss "${name}" must be finite, was ${loss}.`);
  }
}

/** One forward and backward over the small text, every term weighing 1. */
function step(model: TrainableModel) {
  const tokens = smallText(model.dims.maxOffset);
  const at = createNodes(tokens);
  const names: string[] = [];
  const counts = (offset: number) => tokens.target(offset).filter((target) => target >= 0).length;
  const targets = { target: (offset: number) => tokens.target(offset), validTargets: counts };
  const weight = (term: string) => {
    names.push(term);
    return 1;
  };
  try {
    const input = { tokens, at, random: createRandom(4, 'contract/batch') };
    const { losses, gradients } = joint(model, {
      batch: { input, targets },
      offsets: model.offsets,
      weight,
      batches: 1,
    });
    const host = new Map([...gradients].map(([name, gradient]) => [name, Float32Array.from(gradient.dataSync())]));
    for (const gradient of gradients.values()) gradient.dispose();
    const value = [...losses.values()].reduce((sum, loss) => sum + loss, 0);
    return { names, losses, gradients: host, value };
  } finally {
    at.dispose();
  }
}
