import type { DependencyContainer } from 'tsyringe';
import type { RunScope } from '../di/run-scope.ts';
import { FORETOKEN_RUN, type RunServices, TOKENS } from '../di/tokens.ts';
import { once } from '../plugins/once.ts';
import { disposeWith } from './dispose-with.ts';

/** A run whose services are in a tsyringe container of its own. */
export interface TsyringeRun extends RunScope {
  /**
   * Child of the application's container. Every service of the run is under its token of {@link TOKENS}, the run itself
   * under {@link FORETOKEN_RUN}; engine and model come as promises. It goes with the run, and the run with it.
   */
  readonly services: DependencyContainer;
}

/**
 * Puts a run into a container. Each service is made once, by the run, when it is first asked for.
 * @param services - an empty child of the application's container; it belongs to the run from now on
 * @param forget - called once, when the run is disposed, whichever of the two is
 */
export function exposeRun(scope: RunScope, services: DependencyContainer, forget: () => void): TsyringeRun {
  disposeWith(
    services,
    once(() => {
      forget();
      return scope.dispose();
    }),
  );
  for (const service of Object.keys(TOKENS) as (keyof RunServices)[]) {
    services.register<unknown>(TOKENS[service], { useFactory: () => scope.get(service) });
  }
  const run = { ...scope, services, dispose: once(async () => services.dispose()) };
  services.registerInstance(FORETOKEN_RUN, run);
  return run;
}
