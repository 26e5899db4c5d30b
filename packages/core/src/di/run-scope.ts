import type { Engine } from '@foretoken/engine';
import type { Container } from 'inversify';
import type { Experiment } from '../config/experiment.ts';
import type { Tokenizer } from '../contracts/data.ts';
import type { Session } from '../contracts/decoding.ts';
import type { HorizonScheduleContext } from '../contracts/training.ts';
import type { TrainableModel } from '../model/build-model.ts';
import { invalid } from '../plugins/check-definition.ts';
import type { Definition } from '../plugins/define.ts';
import type { Registry } from '../plugins/registry.ts';
import {
  baseHeadsOf,
  createDataset,
  createDecoders,
  createEvals,
  createHorizonSchedule,
  createTokenizer,
  createWeighting,
} from './create-plugins.ts';
import { type EngineOpener, type RunServices, TOKENS } from './tokens.ts';

/** One run: its services, each made once and when first asked for. */
export interface RunScope {
  /** Child of the process' container; every service is under its token of {@link TOKENS}. */
  readonly container: Container;
  readonly experiment: Experiment;
  readonly registry: Registry;
  /** @throws PLUGIN_FAILED and what the service's plugin throws; engine and model come as promises */
  get<Service extends keyof RunServices>(service: Service): RunServices[Service];
  /** A decoding session of this run's model. The caller disposes it. */
  openSession(): Promise<Session>;
  /** Frees the model, if it was made. Safe to call twice. */
  dispose(): Promise<void>;
}

/** What a run starts from. */
export interface RunStart {
  readonly experiment: Experiment;
  readonly registry: Registry;
  readonly baseDirectory: string;
}

/** What a run has to free, and whether it has. */
interface Life {
  isOver: boolean;
  readonly models: Promise<TrainableModel>[];
  /** {@link HorizonScheduleContext.costRatio} of the model, once it is made. */
  costRatio?: HorizonScheduleContext['costRatio'];
}

/**
 * Opens a run.
 * @param container - an empty child of the process' container; it belongs to the run from now on
 */
export function createRunScope(container: Container, start: RunStart): RunScope {
  const life: Life = { isOver: false, models: [] };
  bindStart(container, start);
  bindPlugins(container, start, life);
  bindModel(container, start, life);
  const get = <Service extends keyof RunServices>(service: Service): RunServices[Service] => {
    const isPromised = service === 'engine' || service === 'model';
    const value: unknown = isPromised ? container.getAsync(TOKENS[service]) : container.get(TOKENS[service]);
    return value as RunServices[Service];
  };
  return {
    container,
    experiment: start.experiment,
    registry: start.registry,
    get,
    openSession: async () => get('openSession')(await get('model')),
    async dispose() {
      life.isOver = true;
      for (const model of await Promise.allSettled(life.models.splice(0))) {
        if (model.status === 'fulfilled') model.value.dispose();
      }
      // A service that could not be made fails here once more; whoever asked for it has been told.
      await container.unbindAllAsync().catch(() => {});
    },
  };
}

function bindStart(container: Container, start: RunStart): void {
  container.bind(TOKENS.experiment).toConstantValue(start.experiment);
  container.bind(TOKENS.registry).toConstantValue(start.registry);
  container.bind(TOKENS.baseDirectory).toConstantValue(start.baseDirectory);
}

function bindPlugins(container: Container, start: RunStart, life: Life): void {
  const { experiment, registry, baseDirectory } = start;
  const once = (service: keyof RunServices, make: () => unknown): void => {
    container.bind(TOKENS[service]).toDynamicValue(make).inSingletonScope();
  };
  once('tokenizer', () => createTokenizer(registry, experiment));
  once('dataset', () => createDataset(registry, experiment, baseDirectory));
  once('trunk', () => registry.get('trunk', experiment.model.trunk.name));
  once('head', () => registry.get('head', experiment.model.head.name));
  once('weighting', () => createWeighting(registry, experiment));
  once('horizonSchedule', () =>
    createHorizonSchedule(registry, experiment, (offset) => costRatio(start, life, offset)),
  );
  once('decoders', () => createDecoders(registry, experiment));
  once('evals', () => createEvals(registry, experiment));
}

function costRatio({ experiment, registry }: RunStart, life: Life, offset: number): number {
  if (life.costRatio) return life.costRatio(offset);
  const { name } = experiment.training.horizonSchedule;
  const rule = 'costRatio() may be asked only once the model is made';
  const next = 'Call it in now() or learn(), not in create().';
  throw invalid(registry.source('horizon-schedule', name), `horizon-schedule "${name}"`, rule, { next });
}

function bindModel(container: Container, { experiment, registry }: RunStart, life: Life): void {
  container
    .bind<Engine>(TOKENS.engine)
    .toResolvedValue((open: EngineOpener) => open(experiment.engine), [TOKENS.openEngine])
    .inSingletonScope();
  const build = async (
    engine: Engine,
    tokenizer: Tokenizer,
    trunk: Definition<'trunk'>,
    head: Definition<'head'>,
  ): Promise<TrainableModel> => {
    // Imported here so that a process that only reads configurations never loads the tensor library.
    const { buildModel } = await import('../model/build-model.ts');
    const { costRatioOf } = await import('../model/cost-ratio.ts');
    const baseHeads = baseHeadsOf(registry, experiment);
    const model = buildModel({ engine, experiment, trunk, head, baseHeads, vocabulary: tokenizer.vocabulary });
    life.costRatio = costRatioOf(model);
    return model;
  };
  container
    .bind<TrainableModel>(TOKENS.model)
    .toResolvedValue(
      (...parts: Parameters<typeof build>) => {
        if (life.isOver) throw new Error('the run was disposed before its model was made');
        const model = build(...parts);
        life.models.push(model);
        return model;
      },
      [TOKENS.engine, TOKENS.tokenizer, TOKENS.trunk, TOKENS.head],
    )
    .inSingletonScope();
}
