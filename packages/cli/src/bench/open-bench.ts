import { createForetokenHost } from '@foretoken/ablation';
import { createRandom, type Experiment, type Host, type Random, resolveExperiment, sourceOf } from '@foretoken/core';
import { buildModel, type TrainableModel } from '@foretoken/core/model';
import type { Engine } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import type { BenchModelOptions } from '../commands/bench.ts';
import type { CommandContext } from '../process/context.ts';
import { type BenchShape, benchExperiment } from './experiment.ts';

/** A benchmark's model with random weights, and where it runs. */
export interface Bench {
  readonly host: Host;
  readonly experiment: Experiment;
  readonly engine: Engine;
  readonly model: TrainableModel;
  /** Random tokens come from here. */
  readonly random: Random;
  /** Bytes by which the process' largest resident memory has grown since before the model was built. */
  residentGrowth(): number;
}

const largestResidentBytes = () => process.resourceUsage().maxRSS * 1024;

/**
 * Builds the model of a benchmark from the registered plugins and runs `measure` on it.
 *
 * @throws OPTIONS_INVALID if the engine does not offer the threads or the precision asked for
 */
export async function withBench<T>(
  options: BenchModelOptions,
  shape: BenchShape,
  measure: (bench: Bench) => Promise<T>,
): Promise<T> {
  const host = await createForetokenHost();
  const registry = host.plugins.builtIns;
  const experiment = resolveExperiment(sourceOf(benchExperiment(options, shape), 'bench'), registry);
  const engine = await host.openEngine({ ...experiment.engine, threads: options.threads });
  const residentBefore = largestResidentBytes();
  const trunk = registry.get('trunk', experiment.model.trunk.name);
  const head = registry.get('head', experiment.model.head.name);
  const model = buildModel({ engine, experiment, trunk, head, vocabulary: options.vocab });
  try {
    return await measure({
      host,
      experiment,
      engine,
      model,
      random: createRandom(experiment.seed, 'bench'),
      residentGrowth: () => largestResidentBytes() - residentBefore,
    });
  } finally {
    model.dispose();
    await host.dispose();
  }
}

/** Ids in [0, vocabulary), each equally likely. */
export const randomTokens = (random: Random, count: number, vocabulary: number): Int32Array =>
  Int32Array.from({ length: count }, () => random.integer(vocabulary));

/** @throws INTERRUPTED after Ctrl-C */
export function throwIfStopped({ signal }: CommandContext): void {
  if (signal.aborted)
    throw new ForetokenError('INTERRUPTED', 'the benchmark was stopped; nothing is kept of it. Start it again.');
}
