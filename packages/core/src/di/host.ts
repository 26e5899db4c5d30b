import { ForetokenError } from '@foretoken/engine/errors';
import type { Container } from 'inversify';
import type { Experiment } from '../config/experiment.ts';
import { resolveExperiment } from '../config/resolve.ts';
import { asConfiguration } from '../config/saved-experiment.ts';
import { sourceOf } from '../config/source-map.ts';
import type { Json } from '../contracts/json.ts';
import { type HostApplication, pluginsNotMade, registerGiven } from '../plugins/given-plugins.ts';
import type { HookWatch } from '../plugins/guarded/hooks.ts';
import { createPluginLoader } from '../plugins/loader.ts';
import { createRunScope, type RunScope } from './run-scope.ts';
import {
  type EngineOpener,
  FORETOKEN_HOST,
  FORETOKEN_PLUGIN,
  FORETOKEN_RUN,
  type HostServices,
  type SessionFactory,
  TOKENS,
} from './tokens.ts';

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
  /** An application with a container of its own. */
  readonly application?: InversifyApplication;
  /** Told of every hook of a plugin that is entered and left; default: nobody. */
  readonly watch?: HookWatch;
}

/** An application that is composed with inversify. */
export interface InversifyApplication extends HostApplication {
  /**
   * Becomes the parent of the host's container: what is bound under {@link FORETOKEN_PLUGIN} when the host is made is
   * registered as the application's, and classes among it may be injected what either container has.
   */
  readonly container: Container;
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

/**
 * Starts a process' composition root: loads the built-in packages, binds what runs share, takes the application's plugins.
 * @throws as `loadPluginPackage`; SERVICE_MISSING, PLUGIN_FAILED if a plugin of the application cannot be made;
 * PLUGIN_DUPLICATE, PLUGIN_INVALID or PLUGIN_API if it cannot be registered
 */
export async function createHost(options: HostOptions): Promise<Host> {
  const { builtIns, from, roots, watch } = options;
  const services: HostServices = {
    log: options.log ?? (() => {}),
    clock: options.clock ?? (() => performance.now()),
    plugins: await createPluginLoader({ builtIns, from, roots, watch }),
    openEngine: options.openEngine ?? openEngineLazily,
    openSession: options.openSession,
  };
  const { application } = options;
  const newContainer = await containerMaker();
  const container = newContainer(application && checkedContainer(application, newContainer()));
  for (const [service, value] of Object.entries(services)) {
    container.bind(TOKENS[service as keyof HostServices]).toConstantValue(value);
  }
  const open = new Set<RunScope>();
  const host: Host = {
    ...services,
    container,
    async openRun(given, baseDirectory) {
      const registry = await services.plugins.registryFor(given.plugins, baseDirectory);
      const source = asConfiguration(sourceOf(given as unknown as Json, given.name));
      const experiment = resolveExperiment(source, registry, baseDirectory);
      const scope = createRunScope(newContainer(container), { experiment, registry, baseDirectory });
      open.add(scope);
      const dispose = (): Promise<void> => {
        open.delete(scope);
        return scope.dispose();
      };
      const run: RunScope = { ...scope, dispose };
      scope.container.bind(FORETOKEN_RUN).toConstantValue(run);
      return run;
    },
    async dispose() {
      const scopes = [...open];
      open.clear();
      for (const scope of scopes) await scope.dispose();
    },
  };
  container.bind(FORETOKEN_HOST).toConstantValue(host);
  if (application) await takePlugins(container, services, application);
  return host;
}

/** Takes what the application bound. Made through the host's container, it may be injected the host's services. */
async function takePlugins(container: Container, { plugins }: HostServices, application: HostApplication) {
  const made = await container.getAllAsync(FORETOKEN_PLUGIN).catch((cause: unknown) => {
    throw pluginsNotMade(cause, application);
  });
  registerGiven(plugins.builtIns, made, application);
}

/** Loaded here, since inversify loads `reflect-metadata/lite`, which extends `Reflect`: whoever makes no host has neither. */
async function containerMaker(): Promise<(parent?: Container) => Container> {
  const inversify = await import('inversify');
  return (parent) => new inversify.Container({ parent });
}

function checkedContainer({ container, package: from }: InversifyApplication, ours: Container): Container {
  if (container instanceof ours.constructor) return container;
  const rule = `the container of ${from} must be one of the inversify that Foretoken uses, was of another copy or kind`;
  const next =
    'Install one version of inversify, which `npm ls inversify` shows; a tsyringe container goes to exposeHost';
  throw new ForetokenError('SERVICE_MISSING', `${rule}. ${next} of @foretoken/core/tsyringe.`);
}

const openEngineLazily: EngineOpener = async (options) => {
  const { openEngine } = await import('@foretoken/engine');
  return openEngine(options);
};
