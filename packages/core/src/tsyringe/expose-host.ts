import { ForetokenError } from '@foretoken/engine/errors';
import type { DependencyContainer } from 'tsyringe';
import type { Experiment } from '../config/experiment.ts';
import type { Host } from '../di/host.ts';
import { FORETOKEN_HOST, FORETOKEN_PLUGIN, type HostServices, type RunServices, TOKENS } from '../di/tokens.ts';
import { type HostApplication, pluginsNotMade, registerGiven } from '../plugins/given-plugins.ts';
import { disposeWith } from './dispose-with.ts';
import { exposeRun, type TsyringeRun } from './expose-run.ts';

/** A host whose services, plugins and runs are in an application's tsyringe container. */
export interface TsyringeHost extends Host {
  /** The application's container. Every service of the host is under its token of {@link TOKENS}, this under {@link FORETOKEN_HOST}. */
  readonly services: DependencyContainer;
  /** As {@link Host.openRun}; the run has a child of the application's container. */
  openRun(experiment: Experiment, baseDirectory: string): Promise<TsyringeRun>;
}

/**
 * Puts a host into an application's tsyringe container, and the application's plugins into the host.
 *
 * What is registered under {@link FORETOKEN_PLUGIN} by now (definitions, bundles, classes that have their members) becomes
 * plugins of the application, for every experiment; what comes later does not. Foretoken's inversify container keeps every
 * lifetime: tsyringe hands out what that one made, and nothing is made twice. Disposing the application's container
 * disposes the host, and with it every open run; disposing the host leaves the application's container as it is.
 *
 * After an error dispose the container: it may have some of the services.
 * @throws SERVICE_DUPLICATE if the container has one of our services already, such as those of another host
 * @throws SERVICE_MISSING, PLUGIN_FAILED if a plugin cannot be made
 * @throws PLUGIN_DUPLICATE, PLUGIN_INVALID, PLUGIN_API if it cannot be registered
 */
export function exposeHost(host: Host, container: DependencyContainer, application: HostApplication): TsyringeHost {
  refuseTaken(container);
  const open = new Set<TsyringeRun>();
  const disposeAll = async (): Promise<void> => {
    for (const run of open) await run.dispose();
    await host.dispose();
  };
  const exposed: TsyringeHost = {
    ...host,
    services: container,
    async openRun(experiment, baseDirectory) {
      const services = container.createChildContainer();
      const scope = await host.openRun(experiment, baseDirectory);
      const run = exposeRun(scope, services, () => open.delete(run));
      open.add(run);
      return run;
    },
    dispose: disposeAll,
  };
  // Before the plugins are made: a container disposes in the order of making, and runs use plugins.
  disposeWith(container, disposeAll);
  registerServices(container, exposed);
  registerGiven(host.plugins.builtIns, pluginsIn(container, application), application);
  return exposed;
}

/** Services of a host: the other tokens are those of runs. */
const isOfHost = (service: string, host: Host): service is keyof HostServices => Object.hasOwn(host, service);

function registerServices(container: DependencyContainer, host: Host): void {
  for (const service of Object.keys(TOKENS) as (keyof RunServices)[]) {
    if (isOfHost(service, host)) container.registerInstance(TOKENS[service], host[service]);
    else container.register(TOKENS[service], { useFactory: refuse(service) });
  }
  container.registerInstance(FORETOKEN_HOST, host);
}

const refuse = (service: string) => (): never => {
  const rule = `${service} belongs to a run, and was asked of the container of the application`;
  const next =
    'Open a run, `const run = await host.openRun(experiment, folder)`, and ask its container, `run.services`';
  throw new ForetokenError('SERVICE_MISSING', `${rule}. ${next}.`);
};

function pluginsIn(container: DependencyContainer, application: HostApplication): readonly unknown[] {
  if (!container.isRegistered(FORETOKEN_PLUGIN, true)) return [];
  try {
    return container.resolveAll(FORETOKEN_PLUGIN);
  } catch (cause) {
    throw pluginsNotMade(cause, application);
  }
}

function refuseTaken(container: DependencyContainer): void {
  const taken = Object.values(TOKENS).find((token) => container.isRegistered(token));
  if (taken === undefined) return;
  const rule = `the container has ${String(taken.description)} already, from another host or the application`;
  const next = 'Expose one host in a container, and give a log, clock or engine of your own to createHost';
  throw new ForetokenError('SERVICE_DUPLICATE', `${rule}. ${next}.`);
}
