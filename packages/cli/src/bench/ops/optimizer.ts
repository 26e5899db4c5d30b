// D width, F inner width of the MLP, V vocabulary.
import { type AdamWSlot, type Engine, tf } from '@foretoken/engine';
import { bytesOf, type OpPass } from './pass.ts';
import type { OpSizes } from './workbench.ts';

/** The optimizer's pass, and the weights and moments that it goes on from. */
export interface OptimizerBench {
  readonly pass: OpPass;
  dispose(): void;
}

/** Shapes of a model's weights: embedding, unembedding and final norm, then block by block. */
export function modelShapes({ D, F, V, blocks }: Pick<OpSizes, 'D' | 'F' | 'V' | 'blocks'>): number[][] {
  const block = [[D], [D, D], [D, D], [D, D], [D, D], [D], [D, F], [D, F], [F, D]];
  return [[V, D], [D, V], [D], ...Array.from({ length: blocks }, () => block).flat()];
}

/** AdamW over a whole model: what a step does once. It reads four values of each weight and writes three. */
export function openOptimizer({ ops }: Engine, sizes: OpSizes): OptimizerBench {
  let slots = modelShapes(sizes).map((shape): AdamWSlot => {
    const [weight, gradient] = [tf.fill(shape, 0.02), tf.fill(shape, 0.001)];
    return { weight, gradient, moment1: tf.zeros(shape), moment2: tf.zeros(shape) };
  });
  let step = 0;
  const update = () => {
    step++;
    const rates = { learningRate: 3e-4, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1 };
    const results = ops.adamw(slots, { ...rates, step, gradientScale: 1 });
    const before = slots;
    slots = results.map((result, i) => ({ ...result, gradient: before[i].gradient }));
    for (const { weight, moment1, moment2 } of before) tf.dispose([weight, moment1, moment2]);
    return [tf.clone(slots[0].weight)];
  };
  const size = slots.reduce((sum, { weight }) => sum + weight.size, 0);
  return {
    pass: {
      op: 'adamw',
      pass: 'forward',
      sizes: `${size.toLocaleString('en-US')} weights`,
      work: bytesOf(7 * size),
      prepare: () => ({ run: update, end() {} }),
    },
    dispose: () => tf.dispose(slots.map((slot) => Object.values(slot))),
  };
}
