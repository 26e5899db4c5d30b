import type { Tokenizer } from './data.ts';
import type { AcceptanceRule, Decoder, DraftPolicy, Emission, Prompt, Sampling, Session } from './decoding.ts';
import type { Json } from './json.ts';
import type { LanguageModel } from './model.ts';
import type { Random } from './random.ts';

/** Token windows of one split, with document boundaries. */
export interface Windows {
  readonly count: number;
  /** `tokens` holds context + maxOffset ids; `document[t]` numbers the document of each, so that a boundary shows. */
  read(index: number): { readonly tokens: Int32Array; readonly document: Int32Array };
}

/** A decoder ready to run, under the label that the configuration gave it. */
export interface NamedDecoder {
  readonly label: string;
  readonly decoder: Decoder;
  readonly rule: AcceptanceRule;
  readonly policy: DraftPolicy;
  /** How its rows' distributions are made; whoever makes prompts for it hands it on. */
  readonly sampling?: Sampling;
}

/** One trained model and everything an eval may use to measure it. */
export interface Subject {
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
  /** Held-out windows. */
  readonly validation: Windows;
  readonly train: Windows;
  readonly decoders: readonly NamedDecoder[];
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
  /** Everything that {@link generate} yields, kept: evals that ask for the same run share it. Never for timings. */
  emissions(
    decoder: NamedDecoder,
    prompts: readonly Prompt[],
    maxTokens: number,
    progress?: Progress,
  ): Promise<readonly Emission[]>;
  /** A stream of this name, the same at every call. */
  random(name: string): Random;
  readonly signal?: AbortSignal;
  readonly progress: Progress;
}

/** @param what - what is at work, where several things run one after the other */
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
  readonly window: number;
  /** The text: context + maxOffset ids, and the document of each. */
  readonly tokens: Int32Array;
  readonly document: Int32Array;
  readonly targets: readonly number[];
  readonly scored: readonly number[];
  readonly sumNats: readonly number[];
  /** [k][t]: the loss of offset number k at position t; NaN where it is not scored. */
  readonly nats: readonly Float32Array[];
  /** [k][t]: the token id that offset number k ranks first after position t, for each of the `context` positions. */
  readonly predicted: readonly Int32Array[];
}

/** Results are a function of the plan alone; timings are not, and stand apart. */
export interface EvalOutcome {
  readonly results: { readonly [name: string]: Json };
  readonly timings?: { readonly [name: string]: Json };
}

/** Something measured on one trained model. */
export interface Eval {
  measure(subject: Subject): Promise<EvalOutcome>;
}
