import type { Tokenizer } from './data.ts';
import type { AcceptanceRule, Decoder, DraftPolicy, Emission, Prompt, Session } from './decoding.ts';
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
  /** Mean loss in nats of each offset on windows of the validation split, and per-window sums for intervals. */
  losses(windows: readonly number[]): Promise<OffsetLosses>;
  /** `count` prompts of `length` tokens from held-out documents, the same for every arm. */
  prompts(count: number, length: number): readonly Prompt[];
  /** Runs a decoder over prompts, one session per call. */
  generate(decoder: NamedDecoder, prompts: readonly Prompt[], maxTokens: number): AsyncIterable<Emission>;
  random(name: string): Random;
  readonly signal?: AbortSignal;
  progress(done: number, total: number): void;
}

/** Losses per offset, index 0 is offset 1. */
export interface OffsetLosses {
  readonly meanNats: readonly number[];
  readonly targets: readonly number[];
  /**
   * Label match: of the positions where all offsets of the horizon have a target, how many have their first i argmaxes
   * all equal to the text. Index i - 1; the count of positions beside it.
   */
  readonly prefixMatches: readonly number[];
  /** Of those positions, how many have offset i's argmax right, whatever the nearer ones. */
  readonly matches: readonly number[];
  readonly positions: number;
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
