import type { EngineOptions } from '@foretoken/engine';
import type { Sampling } from '../contracts/decoding.ts';
import type { Json } from '../contracts/json.ts';

/** Version of what people write: experiments and ablations. Records of runs have their own (`FORMAT_VERSION`). */
export const CONFIG_VERSION = 1;

/** A plugin by name with its options beside it. In files a bare string is the same as `{ name }`. */
export type PluginRef<Extra = unknown> = Extra & {
  readonly name: string;
  readonly [option: string]: Json | PluginRef | Sampling | undefined;
};

/** A decoder with the rule and policy it runs under. */
export type DecoderRef = PluginRef<{
  readonly rule: PluginRef;
  readonly policy: PluginRef;
  readonly sampling?: Sampling;
}>;

/** What carries the tensors. `auto` is the first engine that can run where the run starts. */
export type EngineSettings = Required<Pick<EngineOptions, 'name' | 'precision'>>;

/** Ways to differentiate a step. Their gradients are equal but for rounding; memory and order differ. */
export type BackwardName = 'sequential' | 'joint';

/**
 * What makes models comparable. `parameters`: as many as the one-token model of the same trunk options. `flops`: as many
 * training FLOPs, by the number of steps. `tokens`: as many training tokens as a comparison's baseline, by the number of
 * steps; a single experiment is as under `none`. `none`: the same configuration.
 */
export type MatchName = 'parameters' | 'flops' | 'tokens' | 'none';

/** Every {@link MatchName}; the first is the default. */
export const MATCHES: readonly [MatchName, ...MatchName[]] = ['parameters', 'flops', 'tokens', 'none'];

/** Parts of a model that may train apart: a parameter belongs to the one that its owner's prefix names. */
export type ParameterGroup = 'trunk' | 'readout' | 'head';

/** How one group of parameters trains. */
export interface GroupSettings {
  /** Times the learning rate; 0: never moves. */
  readonly rate: number;
  /** Steps during which it stays as it is. */
  readonly start: number;
}

/** What the further offsets learn from offset 1's distribution beside the text. */
export interface DistilSettings {
  readonly loss: 'kl' | 'total-variation' | 'lk';
  /** Share of this loss in the offset's term, in [0, 1]; the rest is cross-entropy with the text. */
  readonly share: number;
}

/** The finished run that a head is attached to: its trunk and its offset 1 are the trunk of this experiment. */
export interface BaseRun {
  /** Its folder, from the configuration file's. The only part that may change while the experiment stays the same. */
  readonly run: string;
  /** SHA-256 of the tensors of its last checkpoint. */
  readonly sha256: string;
  readonly model: Experiment['model'];
  readonly tokenizer: PluginRef;
}

/**
 * A complete experiment: every default written out, every option checked. It is frozen, saved with the run, and the
 * only thing that a run depends on besides code and data.
 */
export interface Experiment {
  readonly formatVersion: typeof CONFIG_VERSION;
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
    /** Absent: the trunk starts from nothing. */
    readonly base?: BaseRun;
    /** With a base, the trunk that its run began with. */
    readonly trunk: PluginRef;
    readonly head: PluginRef<{ readonly horizon: number }>;
    readonly readout: 'shared' | 'replicated';
    /** What is made equal to the one-token model of the same trunk options, or to the comparison's baseline. */
    readonly match: MatchName;
    /** Targets dropped at the end of every window, for all arms alike: >= horizon. */
    readonly maxOffset: number;
  };
  readonly training: {
    /** With `minutes`, the stages of everything that goes by the number of steps: the learning rate, schedules, groups. */
    readonly steps: number;
    /**
     * Present: the training ends once its steps have taken this long, all processes that worked on it together, however many
     * steps that is; a result of one machine at one moment.
     */
    readonly minutes?: number;
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
    /** Absent: everything trains alike. */
    readonly groups?: { readonly [Group in ParameterGroup]: GroupSettings };
    /** Absent: the text alone teaches. */
    readonly distil?: DistilSettings;
    /** How a step is differentiated: offset by offset, or all offsets in one pass. */
    readonly backward: BackwardName;
    /** Steps between checkpoints. */
    readonly checkpointEvery: number;
    /** Newest checkpoints that are kept, besides the best. Absent: two. */
    readonly keepCheckpoints?: number;
    /** Steps between validations. */
    readonly validateEvery: number;
    /** Held-out windows of a validation. */
    readonly validationWindows: number;
  };
  /** Decoders by label. */
  readonly decoders: { readonly [label: string]: DecoderRef };
  readonly evals: readonly PluginRef[];
}
