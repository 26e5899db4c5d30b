import type { Json } from '@foretoken/core';
import type { BenchModelOptions } from '../commands/bench.ts';

/** What a benchmark wants beside its model. */
export interface BenchShape {
  readonly context: number;
  readonly batch: number;
  /** Steps of training, warm-up included. */
  readonly steps: number;
  /** Plugin names of decoders. */
  readonly decoders: readonly string[];
}

/**
 * The experiment that a benchmark stands for, as a file would say it: the paper's head on a transformer trunk. Its text is
 * never read, since the tokens are random.
 */
export function benchExperiment(options: BenchModelOptions, { context, batch, steps, decoders }: BenchShape): Json {
  const { width, layers, attentionHeads, horizon, match, engine, precision } = options;
  return {
    name: 'bench',
    engine: { name: engine, precision },
    data: { dataset: { name: 'text-files', include: ['random tokens'] }, context },
    model: {
      trunk: { name: 'transformer', width, layers, attentionHeads },
      head: { name: 'parallel', horizon },
      match,
    },
    training: { steps, batch, warmupSteps: 0 },
    ...(decoders.length > 0 ? { decoders: Object.fromEntries(decoders.map((name) => [name, name])) } : {}),
  };
}
