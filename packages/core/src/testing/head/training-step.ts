import type { LanguageModel } from '../../contracts/model.ts';
import type { Backward } from '../../training/backward/backward.ts';
import { withStepBatch } from './small-step.ts';

/** What a forward and backward over the small text gave, on the host. */
export interface SmallStep {
  /** By term; each weighs 1. */
  readonly losses: ReadonlyMap<string, number>;
  /** By weight, where the loss reaches it. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  /** Sum of the losses. */
  readonly value: number;
}

/** One forward and backward over the small text. */
export function trainingStep(model: LanguageModel, backward: Backward): SmallStep {
  return withStepBatch(model, (batch) => {
    const { losses, gradients } = backward(model, { batch, offsets: model.offsets, weight: () => 1, batches: 1 });
    const host = new Map([...gradients].map(([name, gradient]) => [name, Float32Array.from(gradient.dataSync())]));
    for (const gradient of gradients.values()) gradient.dispose();
    const value = [...losses.values()].reduce((sum, loss) => sum + loss, 0);
    return { losses, gradients: host, value };
  });
}
