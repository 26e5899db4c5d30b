import type { Tokenizer } from './data.ts';
import type { AcceptanceRule, Decoder, DraftPolicy, Emission, Prompt, Sampling, Session } from './decoding.ts';
import type { Json } from './json.ts';
import type { MeasuredModel } from './model.ts';
import type { Random } from './random.ts';

/** Token windows of one split, with document boundaries. */
export interface Windows {
  /** How many windows the split has. */
  readonly count: number;
  /** `tokens` holds context + maxOffset ids; `document[t]` numbers the document of each, so that a boundary shows. */
  read(index: number): { readonly tokens: Int32Array; readonly document: Int32Array };
}

/** A decoder ready to run, under the label that the configuration gave it. */
export interface NamedDecoder {
  /** Its name in results and reports; unique among the decoders of a run. */
  readonly label: string;
  /** The decoder itself; {@link Subject.generate} runs it. */
  readonly decoder: Decoder;
  /** What keeps its drafts. */
  readonly rule: AcceptanceRule;
  /** What sizes its drafts. */
  readonly policy: DraftPolicy;
  /** How its rows' distributions are made; whoever makes prompts for it hands it on. */
  readonly sampling?: Sampling;
}

/** One trained model and everything an eval may use to measure it. */
export interface Subject {
  /** The trained model, of which an eval reads and changes nothing. */
  readonly model: MeasuredModel;
  /** Text to ids and back, as the model was trained. */
  readonly tokenizer: Tokenizer;
  /** Held-out windows. */
  readonly validation: Windows;
  /** Windows that the model was trained on. */
  readonly train: Windows;
  /** As the configuration lists them, in its order. */
  readonly decoders: readonly NamedDecoder[];
  /** A session without rows over the model; the caller disposes it. */
  openSession(): Session;
  /** Teacher-forced losses and first choices on windows of the validation split; a window is scored once, then kept. */
  losses(windows: readonly number[], progress?: Progress): Promise<OffsetLosses>;
  /**
   * `count` prompts of `length` tokens, each from one held-out document; the same for every arm and at every call.
   * @throws DATA_TOO_SHORT if no held-out document is that long
   */
  prompts(count: number, length: number): readonly Prompt[];
  /**
   * Runs a decoder over prompts, under its own sampling unless a prompt brings one, one session per call.
   * @throws the error of a row that failed, or PLUGIN_FAILED if it names none
   */
  generate(decoder: NamedDecoder, prompts: readonly Prompt[], maxTokens: number): AsyncIterable<Emission>;
  /** Everything that {@link Subject.generate} yields, kept: evals that ask for the same run share it. Never for timings. */
  emissions(
    decoder: NamedDecoder,
    prompts: readonly Prompt[],
    maxTokens: number,
    progress?: Progress,
  ): Promise<readonly Emission[]>;
  /** A stream of this name, the same at every call. */
  random(name: string): Random;
  /** Aborted when the run is to stop: an eval that takes long looks at it and throws INTERRUPTED. */
  readonly signal?: AbortSignal;
  /** Shows how far an eval is; may be called often. */
  readonly progress: Progress;
}

/**
 * Shows how far something is: `done` of `total`.
 * @param what - what is at work, where several things run one after the other
 */
export type Progress = (done: number, total: number, what?: string) => void;

/** What a model's offsets made of held-out windows. Arrays follow `offsets`. */
export interface OffsetLosses {
  /** Offsets of the model, ascending from 1. */
  readonly offsets: readonly number[];
  /** Positions whose target lies in the same document. */
  readonly targets: readonly number[];
  /** Of those, the ones whose target is in the offset's vocabulary: all of them unless its readout is reduced. */
  readonly scored: readonly number[];
  /** Mean loss over `scored`; 0 where there is none. */
  readonly meanNats: readonly number[];
  /** Of `targets`, those that the offset's first choice equals. */
  readonly matches: readonly number[];
  /** In the order asked for. */
  readonly windows: readonly WindowScores[];
}

/** One scored window. Arrays follow the offsets of {@link OffsetLosses}. */
export interface WindowScores {
  /** Its number in the validation split. */
  readonly window: number;
  /** The text: context + maxOffset ids, and the document of each. */
  readonly tokens: Int32Array;
  /** [t] numbers the document of token t; where it changes, a document ends. */
  readonly document: Int32Array;
  /** Positions whose target lies in the same document. */
  readonly targets: readonly number[];
  /** Of those, the ones whose target is in the offset's vocabulary. */
  readonly scored: readonly number[];
  /** Sum of the losses over `scored`. */
  readonly sumNats: readonly number[];
  /** [k][t]: the loss of offset number k at position t; NaN where it is not scored. */
  readonly nats: readonly Float32Array[];
  /** [k][t]: the token id that offset number k ranks first after position t, for each of the `context` positions. */
  readonly predicted: readonly Int32Array[];
}

/** Results are a function of the plan alone; timings are not, and stand apart. */
export interface EvalOutcome {
  /** By name: a function of model, data and seed, to the bit. */
  readonly results: { readonly [name: string]: Json };
  /** By name: whatever follows from a clock. */
  readonly timings?: { readonly [name: string]: Json };
}

/** Something measured on one trained model. */
export interface Eval {
  /**
   * Measures one trained model; what it opens it closes, also on the way out of an error.
   *
   * @throws INTERRUPTED if the subject's signal is aborted
   */
  measure(subject: Subject): Promise<EvalOutcome>;
}
