import { Container } from 'inversify';
import type { Experiment } from '../config/experiment.ts';
import { resolveExperiment } from '../config/resolve.ts';
import { sourceOf } from '../config/source-map.ts';
import type { Json } from '../contracts/json.ts';
import { createPluginLoader } from '../plugins/loader.ts';
import { createRunScope, type RunScope } from './run-scope.ts';
import { type EngineOpener, type HostServices, type SessionFactory, TOKENS } from './tokens.ts';

/** What a process brings. */
export interface HostOptions {
  /** Packages that every experiment may use unasked, by name or path, found from `from`. */
  readonly builtIns: readonly string[];
  readonly from: string;
  /** Where the packages that an experiment names are looked for after its own folder. */
  readonly roots?: readonly string[];
  readonly openSession: SessionFactory;
  /** Default: writes nothing. */
  readonly log?: (line: string) => void;
  /** Default: the process' monotonic clock. */
  readonly clock?: () => number;
  /** Default: `openEngine` of @foretoken/engine, loaded when the first engine is opened. */
  readonly openEngine?: EngineOpener;
}

/** A process: what all its runs share, and the door to each run. */
export interface Host extends HostServices {
  /** Every service is under its token of {@link TOKENS}. */
  readonly container: Container;
  /**
   * Opens a run of a complete experiment, one that was saved included: it is checked again, since plugins may have
   * changed since.
   * @param baseDirectory - folder that the experiment's relative paths and packages start from
   * @throws as `resolveExperiment` and `loadPluginPackage`
   */
  openRun(experiment: Experiment, baseDirectory: string): Promise<RunScope>;
  /** Disposes every run that is still open. */
  dispose(): Promise<void>;
}

/** Starts a process' composition root: loads the built-in packages and binds what runs share. */
export async function createHost(options: HostOptions): Promise<Host> {
  const { builtIns, from, roots } = options;
  const services: HostServices = {
    log: options.log ?? (() => {}),
    clock: options.clock ?? (() => performance.now()),
    plugins: await createPluginLoader({ builtIns, from, roots }),
    openEngine: options.openEngine ?? openEngineLazily,
    openSession: options.openSession,
  };
  const container = new Container();
  for (const [service, value] of Object.entries(services)) {
    container.bind(TOKENS[service as keyof HostServices]).toConstantValue(value);
  }
  const open = new Set<RunScope>();
  return {
    ...services,
    container,
    async openRun(given, baseDirectory) {
      const registry = await services.plugins.registryFor(given.plugins, baseDirectory);
      const experiment = resolveExperiment(sourceOf(given as unknown as Json, given.name), registry, baseDirectory);
      const scope = createRunScope(container, { experiment, registry, baseDirectory });
      open.add(scope);
      const dispose = (): Promise<void> => {
        open.delete(scope);
        return scope.dispose();
      };
      return { ...scope, dispose };
    },
    async dispose() {
      const scopes = [...open];
      open.clear();
      for (const scope of scopes) await scope.dispose();
    },
  };
}

const openEngineLazily: EngineOpener = async (options) => {
  const { openEngine } = await import('@foretoken/engine');
  return openEngine(options);
};
