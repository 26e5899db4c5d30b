import { tf } from '@foretoken/engine';
import type { LanguageModel } from '../../contracts/model.ts';
import type { TrainableModel } from '../../model/build-model.ts';
import { joint } from '../../training/backward/joint.ts';
import { broken } from '../contract.ts';
import type { HeadCheck } from './head-case.ts';
import { buildSmallModel } from './head-case.ts';
import { runHead, toHost } from './run-head.ts';
import { smallText } from './small-text.ts';
import { crossEntropy } from './targets.ts';
import { trainingStep } from './training-step.ts';

/** Steps over the small text, and their rate: enough to begin to know it by heart. */
const STEPS = 15;
const LEARNING_RATE = 0.05;

/**
 * Trains on the small text, and measures each offset against it by the text alone: whatever its losses are called, a
 * head that trains offset i for another token shows here.
 */
export const learnsItsTarget: HeadCheck = {
  title: 'learns, at offset i, the token i ahead',
  run(head) {
    const model = buildSmallModel(head);
    try {
      const before = lossesByText(model);
      train(model);
      for (const [offset, loss] of lossesByText(model)) {
        if (loss < before.get(offset)!) continue;
        throw broken(
          head,
          `after ${STEPS} steps on one small text, offset ${offset} predicts its tokens ${offset} ahead no better ` +
            `than before: ${loss} nats, were ${before.get(offset)}. Train every offset that the head predicts, each ` +
            'for the token that far ahead.',
        );
      }
    } finally {
      model.dispose();
    }
  },
};

/** Cross-entropy of every offset against the small text. */
function lossesByText(model: LanguageModel): ReadonlyMap<number, number> {
  const tokens = smallText(model.dims.maxOffset);
  return runHead(model, ({ offsets }) => {
    const entries = [...offsets].map(([offset, { hidden_BTE }]): [number, number] => [
      offset,
      crossEntropy(toHost(hidden_BTE), model.readout(offset), tokens.target(offset)),
    ]);
    return new Map(entries);
  });
}

/** Adam without weight decay, in float64 on the host. @source Kingma & Ba 2015, arXiv:1412.6980, algorithm 1 */
function train(model: TrainableModel): void {
  const moments = new Map<string, { first: Float64Array; second: Float64Array }>();
  for (let step = 1; step <= STEPS; step++) {
    for (const [name, gradient] of trainingStep(model, joint).gradients) {
      const weight = model.parameters.get(name)!;
      const zeros = () => new Float64Array(gradient.length);
      const { first, second } = moments.get(name) ?? { first: zeros(), second: zeros() };
      moments.set(name, { first, second });
      const values = Float32Array.from(weight.dataSync(), (value, i) => {
        first[i] = 0.9 * first[i] + 0.1 * gradient[i];
        second[i] = 0.99 * second[i] + 0.01 * gradient[i] ** 2;
        const size = Math.sqrt(second[i] / (1 - 0.99 ** step)) + 1e-8;
        return value - (LEARNING_RATE * (first[i] / (1 - 0.9 ** step))) / size;
      });
      model.store.replace(name, tf.tensor(values, weight.shape));
    }
  }
}
