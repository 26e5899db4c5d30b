import type { Engine, EngineOptions } from '@foretoken/engine';
import type { Experiment } from '../config/experiment.ts';
import type { Dataset, Tokenizer } from '../contracts/data.ts';
import type { Session } from '../contracts/decoding.ts';
import type { NamedDecoder } from '../contracts/evaluation.ts';
import type { LanguageModel } from '../contracts/model.ts';
import type { HorizonSchedule, Weighting } from '../contracts/training.ts';
import type { NamedEval } from '../evaluation/run-evals.ts';
import type { TrainableModel } from '../model/build-model.ts';
import type { Definition } from '../plugins/define.ts';
import type { PluginLoader } from '../plugins/loader.ts';
import type { Registry } from '../plugins/registry.ts';

/** Opens a decoding session of a model. */
export type SessionFactory = (model: LanguageModel) => Session;

/** Opens an engine, or switches back to it. */
export type EngineOpener = (options: EngineOptions) => Promise<Engine>;

/** What one process shares. */
export interface HostServices {
  /** Writes one line for the user. */
  readonly log: (line: string) => void;
  /** Milliseconds of a clock that never goes back. */
  readonly clock: () => number;
  readonly plugins: PluginLoader;
  readonly openEngine: EngineOpener;
  readonly openSession: SessionFactory;
}

/** What one run has for itself, each made when it is first asked for. */
export interface RunServices extends HostServices {
  readonly experiment: Experiment;
  /** The built-in plugins and those of the experiment's packages. */
  readonly registry: Registry;
  /** Folder that relative paths of the experiment start from. */
  readonly baseDirectory: string;
  readonly tokenizer: Tokenizer;
  readonly dataset: Dataset;
  readonly trunk: Definition<'trunk'>;
  readonly head: Definition<'head'>;
  readonly weighting: Weighting;
  readonly horizonSchedule: HorizonSchedule;
  readonly decoders: readonly NamedDecoder[];
  readonly evals: readonly NamedEval[];
  readonly engine: Promise<Engine>;
  /** With fresh weights from the experiment's seed. */
  readonly model: Promise<TrainableModel>;
}

/** An application binds its own plugins under this key: definitions, bundles, or classes that have their members. */
export const FORETOKEN_PLUGIN: symbol = Symbol.for('foretoken.plugin');

/** The key of the host itself, in its container and in an application's. */
export const FORETOKEN_HOST: symbol = Symbol.for('foretoken.host');

/** The key of a run's own scope, in its container. */
export const FORETOKEN_RUN: symbol = Symbol.for('foretoken.run');

const token = (service: string): symbol => Symbol.for(`foretoken.${service}`);

/**
 * The container's key of every service: `Symbol.for('foretoken.<service>')`, so that another container can hand them
 * out without importing this package.
 */
export const TOKENS: { readonly [Service in keyof RunServices]: symbol } = Object.freeze({
  log: token('log'),
  clock: token('clock'),
  plugins: token('plugins'),
  openEngine: token('openEngine'),
  openSession: token('openSession'),
  experiment: token('experiment'),
  registry: token('registry'),
  baseDirectory: token('baseDirectory'),
  tokenizer: token('tokenizer'),
  dataset: token('dataset'),
  trunk: token('trunk'),
  head: token('head'),
  weighting: token('weighting'),
  horizonSchedule: token('horizonSchedule'),
  decoders: token('decoders'),
  evals: token('evals'),
  engine: token('engine'),
  model: token('model'),
});
