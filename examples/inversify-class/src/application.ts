import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import { createForetokenHost } from '@foretoken/ablation';
import { FORETOKEN_PLUGIN, type Host, loadExperiment } from '@foretoken/core';
import { type TrainingSummary, trainRun } from '@foretoken/core/training';
import { Container } from 'inversify';
import { GainHead, SETTINGS, type Settings } from './gain-head.ts';

/** Composes the application: its settings, its head, and a host whose container is a child of its own. */
export function createApplication(settings: Settings, log: (line: string) => void): Promise<Host> {
  const container = new Container();
  container.bind<Settings>(SETTINGS).toConstantValue(settings);
  container.bind(FORETOKEN_PLUGIN).to(GainHead);
  return createForetokenHost({ log, application: { package: 'inversify-class', version: '1.0.0', container } });
}

/** Trains experiment.yaml, whose head is {@link GainHead}, in a folder that holds no run yet. */
export async function train(host: Host, directory: string): Promise<TrainingSummary> {
  const file = fileURLToPath(new URL('../experiment.yaml', import.meta.url));
  const { experiment, baseDirectory } = await loadExperiment(file, { plugins: host.plugins });
  return trainRun(host, experiment, { directory, baseDirectory });
}
