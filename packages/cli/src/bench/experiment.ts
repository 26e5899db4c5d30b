import type { Json } from '@foretoken/core';
import type { BenchModelOptions, BenchTrainingOptions } from '../commands/bench.ts';

/** What a benchmark wants beside its model. */
export interface BenchShape {
  readonly context: number;
  readonly training?: { readonly batch: number; readonly steps: number; readonly backward: string };
  /** Plugin names of decoders. */
  readonly decoders?: readonly string[];
}

/** The shape of a benchmark that trains; the steps that warm up are steps as well. */
export const trainingShape = (options: BenchTrainingOptions): BenchShape => {
  const { context, batch, steps, warmup, backward } = options;
  return { context, training: { batch, steps: steps + warmup, backward } };
};

/**
 * The experiment that a benchmark stands for, as a file would say it: the paper's head or another on a transformer trunk. Its
 * text is never read, since the tokens are random.
 */
export function benchExperiment(options: BenchModelOptions, { context, training, decoders }: BenchShape): Json {
  const { width, layers, attentionHeads, head = 'parallel', horizon, match, engine, precision } = options;
  return {
    name: 'bench',
    // The short form where it says all: messages about it then name `engine` alone.
    engine: precision === 'float32' ? engine : { name: engine, precision },
    data: { dataset: { name: 'text-files', include: ['random tokens'] }, context },
    model: {
      trunk: { name: 'transformer', width, layers, attentionHeads },
      head: { name: head, horizon },
      match,
    },
    ...(training && { training: { ...training, warmupSteps: 0 } }),
    ...(decoders && { decoders: Object.fromEntries(decoders.map((name) => [name, name])) }),
  };
}
