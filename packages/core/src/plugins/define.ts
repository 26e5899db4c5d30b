import type { Static, TObject } from 'typebox';
import type { Dataset, DatasetContext, Tokenizer } from '../contracts/data.ts';
import type { AcceptanceRule, Decoder, DraftPolicy } from '../contracts/decoding.ts';
import type { Eval } from '../contracts/evaluation.ts';
import type { Head, HeadContext } from '../contracts/head.ts';
import type { Json } from '../contracts/json.ts';
import type { HorizonSchedule, HorizonScheduleContext, Weighting } from '../contracts/training.ts';
import type { Trunk, TrunkContext, TrunkShape } from '../contracts/trunk.ts';

/** Version of the plugin API: raised only when a plugin written for the last one would break. */
export const PLUGIN_API = 1;

/** Every kind of plugin. */
export const PLUGIN_KINDS = [
  'trunk',
  'head',
  'weighting',
  'horizon-schedule',
  'decoder',
  'acceptance-rule',
  'draft-policy',
  'eval',
  'tokenizer',
  'dataset',
] as const;
/** One of {@link PLUGIN_KINDS}. */
export type PluginKind = (typeof PLUGIN_KINDS)[number];

/** What every definition has. */
export interface Described<Schema extends TObject> {
  /** Lower-case words joined by `-`; unique within its kind. */
  readonly name: string;
  /** One sentence for `foretoken plugins` and the editor. */
  readonly description?: string;
  /** JSON Schema of the options (TypeBox gives the type too); unknown keys are refused. Default: no options. */
  readonly options?: Schema;
}

/** What a schema's options are in TypeScript. */
export type OptionsOf<Schema extends TObject> = Static<Schema>;
/** A specification with its kind and the plugin API it was written for. */
export type Kinded<Kind extends PluginKind, Spec> = Spec & { readonly kind: Kind; readonly api: typeof PLUGIN_API };

/** What a trunk is defined by. */
export interface TrunkSpec<S extends TObject = TObject> extends Described<S> {
  /** Sizes that follow from the options alone; read before anything is created. */
  shape(options: OptionsOf<S>): TrunkShape;
  /** Makes the trunk and its weights. */
  create(context: TrunkContext, options: OptionsOf<S>): Trunk;
}
/** What a head is defined by. */
export interface HeadSpec<S extends TObject = TObject> extends Described<S> {
  /**
   * Transformer-sized blocks that each offset brings, a function where offsets differ; `match: parameters` takes as many
   * from the trunk. Default 0.
   */
  readonly blocksPerOffset?: number | ((options: OptionsOf<S>, offset: number) => number);
  /**
   * The head brings the readouts of further offsets, so that `readout: replicated` is refused. Default false; with it,
   * a model with replicated readouts is not built where `Head.readout` gives a further offset one all the same.
   */
  readonly ownReadout?: boolean | ((options: OptionsOf<S>) => boolean);
  /** Makes the head and its weights. */
  create(context: HeadContext, options: OptionsOf<S>): Head;
}
/**
 * The state's type follows from `start` and must be JSON. Where TypeScript cannot see it (a `create` that takes its
 * context, with a `start` that takes nothing), annotate the state in `now`.
 */
// biome-ignore lint/suspicious/noExplicitAny: which JSON the state is, is the plugin's own affair
export interface WeightingSpec<S extends TObject = TObject, State extends Json = any> extends Described<S> {
  /** Makes the weighting; `horizon` is the configured one. */
  create(context: { horizon: number }, options: OptionsOf<S>): Weighting<State>;
}
/** The state's type follows from `start`, as in {@link WeightingSpec}. */
// biome-ignore lint/suspicious/noExplicitAny: which JSON the state is, is the plugin's own affair
export interface HorizonScheduleSpec<S extends TObject = TObject, State extends Json = any> extends Described<S> {
  /** Makes the schedule. */
  create(context: HorizonScheduleContext, options: OptionsOf<S>): HorizonSchedule<State>;
}
/** What a decoder is defined by. */
export interface DecoderSpec<S extends TObject = TObject> extends Described<S> {
  /** Makes the decoder; it serves any number of sessions. */
  create(context: Record<never, never>, options: OptionsOf<S>): Decoder;
}
/** What an acceptance rule is defined by. */
export interface AcceptanceRuleSpec<S extends TObject = TObject> extends Described<S> {
  /** Makes the rule; it serves any number of rows. */
  create(context: Record<never, never>, options: OptionsOf<S>): AcceptanceRule;
}
/** What a draft policy is defined by. */
export interface DraftPolicySpec<S extends TObject = TObject> extends Described<S> {
  /** Whether its policies may be timed (`DraftPolicy.isTimed`): known here before any is created. Default false. */
  readonly isTimed?: boolean;
  /** Makes the policy; it serves any number of generations, one after the other, and sees rows come and go. */
  create(context: Record<never, never>, options: OptionsOf<S>): DraftPolicy;
}
/** What an eval is defined by. */
export interface EvalSpec<S extends TObject = TObject> extends Described<S> {
  /**
   * Whether what it measures depends on what else the machine does, so that an ablation runs it alone: after the other work,
   * one at a time, with all threads. `'timed-drafts'`: where a decoder's draft policy depends on a clock. Such an eval is run
   * apart from the others, on a subject of its own. Default false.
   */
  readonly alone?: boolean | 'timed-drafts';
  /** Makes the eval. */
  create(context: Record<never, never>, options: OptionsOf<S>): Eval;
}
/** What a tokenizer is defined by. */
export interface TokenizerSpec<S extends TObject = TObject> extends Described<S> {
  /** Makes the tokenizer. */
  create(context: Record<never, never>, options: OptionsOf<S>): Tokenizer;
}
/** What a dataset is defined by. */
export interface DatasetSpec<S extends TObject = TObject> extends Described<S> {
  /** Makes the dataset. */
  create(context: DatasetContext, options: OptionsOf<S>): Dataset;
}

/** The specification that each kind's `define...` takes. */
export interface SpecByKind {
  /** Of {@link defineTrunk}. */
  trunk: TrunkSpec;
  /** Of {@link defineHead}. */
  head: HeadSpec;
  /** Of {@link defineWeighting}. */
  weighting: WeightingSpec;
  /** Of {@link defineHorizonSchedule}. */
  'horizon-schedule': HorizonScheduleSpec;
  /** Of {@link defineDecoder}. */
  decoder: DecoderSpec;
  /** Of {@link defineAcceptanceRule}. */
  'acceptance-rule': AcceptanceRuleSpec;
  /** Of {@link defineDraftPolicy}. */
  'draft-policy': DraftPolicySpec;
  /** Of {@link defineEval}. */
  eval: EvalSpec;
  /** Of {@link defineTokenizer}. */
  tokenizer: TokenizerSpec;
  /** Of {@link defineDataset}. */
  dataset: DatasetSpec;
}

/** A plugin as the registry holds it: a plain object. */
export type Definition<Kind extends PluginKind = PluginKind> = {
  [K in Kind]: Kinded<K, SpecByKind[K]>;
}[Kind];

/** Several definitions that one module exports together. */
export interface PluginBundle {
  /** The plugin API it was written for. */
  readonly api: typeof PLUGIN_API;
  /** What it provides; the package's manifest promises exactly these. */
  readonly provides: readonly Definition[];
}

const define =
  <Kind extends PluginKind>(kind: Kind) =>
  (spec: SpecByKind[Kind]): Definition<Kind> =>
    Object.freeze({ ...spec, kind, api: PLUGIN_API }) as unknown as Definition<Kind>;

// The casts forget a definition's own options type: the registry checks options by schema before `create` sees them.

/** Defines a trunk. */
export const defineTrunk = define('trunk') as <S extends TObject = TObject>(spec: TrunkSpec<S>) => Definition<'trunk'>;
/** Defines a head. */
export const defineHead = define('head') as <S extends TObject = TObject>(spec: HeadSpec<S>) => Definition<'head'>;
/** Defines a loss weighting. */
export const defineWeighting = define('weighting') as <S extends TObject = TObject, State extends Json = Json>(
  spec: WeightingSpec<S, State>,
) => Definition<'weighting'>;
/** Defines a horizon schedule. */
export const defineHorizonSchedule = define('horizon-schedule') as <
  S extends TObject = TObject,
  State extends Json = Json,
>(
  spec: HorizonScheduleSpec<S, State>,
) => Definition<'horizon-schedule'>;
/** Defines a decoder. */
export const defineDecoder = define('decoder') as <S extends TObject = TObject>(
  spec: DecoderSpec<S>,
) => Definition<'decoder'>;
/** Defines an acceptance rule. */
export const defineAcceptanceRule = define('acceptance-rule') as <S extends TObject = TObject>(
  spec: AcceptanceRuleSpec<S>,
) => Definition<'acceptance-rule'>;
/** Defines a draft policy. */
export const defineDraftPolicy = define('draft-policy') as <S extends TObject = TObject>(
  spec: DraftPolicySpec<S>,
) => Definition<'draft-policy'>;
/** Defines an eval. */
export const defineEval = define('eval') as <S extends TObject = TObject>(spec: EvalSpec<S>) => Definition<'eval'>;
/** Defines a tokenizer. */
export const defineTokenizer = define('tokenizer') as <S extends TObject = TObject>(
  spec: TokenizerSpec<S>,
) => Definition<'tokenizer'>;
/** Defines a dataset. */
export const defineDataset = define('dataset') as <S extends TObject = TObject>(
  spec: DatasetSpec<S>,
) => Definition<'dataset'>;

/** Bundles several definitions into one module's default export. */
export function definePlugin(bundle: { readonly provides: readonly Definition[] }): PluginBundle {
  return Object.freeze({ api: PLUGIN_API, provides: Object.freeze([...bundle.provides]) });
}
