import { createNodes } from '@foretoken/engine';
import type { TrainableModel } from '../../model/build-model.ts';
import { createRandom } from '../../random/random.ts';
import type { Backward } from '../../training/backward/backward.ts';
import { smallText } from './small-text.ts';

/** What a forward and backward over the small text gave, on the host. */
export interface SmallStep {
  /** Terms in the order in which their weights were asked for; each weighs 1. */
  readonly names: readonly string[];
  readonly losses: ReadonlyMap<string, number>;
  /** By weight, where the loss reaches it. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  /** Sum of the losses. */
  readonly value: number;
}

/** One forward and backward over the small text. */
export function trainingStep(model: TrainableModel, backward: Backward): SmallStep {
  const tokens = smallText(model.dims.maxOffset);
  const at = createNodes(tokens);
  const names: string[] = [];
  const validTargets = (offset: number) => tokens.target(offset).filter((target) => target >= 0).length;
  const targets = { target: (offset: number) => tokens.target(offset), validTargets };
  const weight = (term: string) => {
    names.push(term);
    return 1;
  };
  try {
    const input = { tokens, at, random: createRandom(4, 'contract/batch') };
    const request = { batch: { input, targets }, offsets: model.offsets, weight, batches: 1 };
    const { losses, gradients } = backward(model, request);
    const host = new Map([...gradients].map(([name, gradient]) => [name, Float32Array.from(gradient.dataSync())]));
    for (const gradient of gradients.values()) gradient.dispose();
    const value = [...losses.values()].reduce((sum, loss) => sum + loss, 0);
    return { names, losses, gradients: host, value };
  } finally {
    at.dispose();
  }
}
