import type { EngineOptions } from '@foretoken/engine';
import type { Json } from '../contracts/json.ts';

/** Version of everything that Foretoken writes: configurations, runs, checkpoints, results. */
export const FORMAT_VERSION = 1;

/** A plugin by name with its options beside it. In files a bare string is the same as `{ name }`. */
export type PluginRef<Extra = unknown> = Extra & {
  readonly name: string;
  readonly [option: string]: Json | PluginRef | undefined;
};

/** A decoder with the rule and policy it runs under. */
export type DecoderRef = PluginRef<{ readonly rule: PluginRef; readonly policy: PluginRef }>;

/** What carries the tensors. `auto` is the first engine that can run where the run starts. */
export type EngineSettings = Required<Pick<EngineOptions, 'name' | 'precision'>>;

/** Ways to differentiate a step. Their gradients are equal but for rounding; memory and order differ. */
export type BackwardName = 'sequential' | 'joint';

/**
 * A complete experiment: every default written out, every option checked. It is frozen, saved with the run, and the
 * only thing that a run depends on besides code and data.
 */
export interface Experiment {
  readonly formatVersion: typeof FORMAT_VERSION;
  readonly name: string;
  readonly seed: number;
  readonly engine: EngineSettings;
  /** Plugin packages beside the built-in ones, by name or path. */
  readonly plugins: readonly string[];
  readonly data: {
    readonly dataset: PluginRef;
    readonly tokenizer: PluginRef;
    /** Positions of a training window, T. */
    readonly context: number;
  };
  readonly model: {
    readonly trunk: PluginRef;
    readonly head: PluginRef<{ readonly horizon: number }>;
    readonly readout: 'shared' | 'replicated';
    readonly match: 'parameters' | 'none';
    /** Targets dropped at the end of every window, for all arms alike: >= horizon. */
    readonly maxOffset: number;
  };
  readonly training: {
    readonly steps: number;
    /** Windows of one forward, B. */
    readonly batch: number;
    /** Forwards whose gradients make one step. */
    readonly accumulate: number;
    readonly learningRate: number;
    /** Share of the peak learning rate that the cosine ends at. */
    readonly finalLearningRate: number;
    readonly warmupSteps: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    readonly weightDecay: number;
    /** Largest global norm of a step's gradient. */
    readonly clip: number;
    readonly weighting: PluginRef;
    readonly horizonSchedule: PluginRef;
    /** How a step is differentiated: offset by offset, or all offsets in one pass. */
    readonly backward: BackwardName;
    /** Steps between checkpoints; the last two and the best are kept. */
    readonly checkpointEvery: number;
    /** Steps between validations. */
    readonly validateEvery: number;
    /** Held-out windows of a validation. */
    readonly validationWindows: number;
  };
  /** Decoders by label. */
  readonly decoders: { readonly [label: string]: DecoderRef };
  readonly evals: readonly PluginRef[];
}
