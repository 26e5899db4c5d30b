import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import { createForetokenHost } from '@foretoken/ablation';
import { loadExperiment } from '@foretoken/core';
import { type TrainingSummary, trainRun } from '@foretoken/core/training';
import { exposeHost, FORETOKEN_PLUGIN, type TsyringeHost } from '@foretoken/core/tsyringe';
import { type DependencyContainer, container as root } from 'tsyringe';
import { LossBoard } from './loss-board.ts';
import { WatchedDecay } from './watched-decay.ts';

/** The application: its container, with the framework and its own plugin in it. */
export interface Application {
  readonly container: DependencyContainer;
  readonly host: TsyringeHost;
}

/** Composes the application. Disposing its container disposes all of it. */
export async function createApplication(): Promise<Application> {
  const container = root.createChildContainer();
  container.registerSingleton(LossBoard);
  container.register(FORETOKEN_PLUGIN, { useClass: WatchedDecay });
  const host = exposeHost(await createForetokenHost(), container, { package: 'tsyringe-host', version: '1.0.0' });
  return { container, host };
}

/** Trains experiment.yaml, whose weighting is {@link WatchedDecay}, in a folder that holds no run yet. */
export async function train({ host }: Application, directory: string): Promise<TrainingSummary> {
  const file = fileURLToPath(new URL('../experiment.yaml', import.meta.url));
  const { experiment, baseDirectory } = await loadExperiment(file, { plugins: host.plugins });
  return trainRun(host, experiment, { directory, baseDirectory });
}
