import {
  type Acceptance,
  type ControlResult,
  controlResult,
  controlShift,
  draftSources,
  emittedAcceptance,
  labelMatchByWindow,
  matchRates,
  type OutputClaim,
  outputClaim,
  type Repetition,
  randomPredictions,
  repetition,
  shiftedPredictions,
  spreadWindows,
} from '@foretoken/core/evaluation';
import { defineEval, type NamedDecoder, type Subject, Type } from '@foretoken/core/plugin';
import {
  type ContinuedPrompts,
  continuedPrompts,
  forEachDecoder,
  type SkippedDecoder,
  tokensByPrompt,
} from '../decoding/decoder-runs.ts';
import { stages } from '../progress/stages.ts';
import { generatedSample, type Sample } from './sample.ts';

/** What a decoder made of the prompts; a row is a prompt. */
export type DecoderAcceptance = Acceptance & {
  /** Whether its output is greedy's, of the same distribution as plain sampling's, or lossy. */
  readonly output: OutputClaim;
  readonly repetition: Repetition;
  /** Of the first prompt. */
  readonly sample: Sample;
};

/** Label match on held-out text, and the controls that it must beat; a row is a window, by its number in the split. */
export type LabelMatchResults = Acceptance & {
  /** Held-out windows walked. */
  readonly windows: number;
  readonly offsets: readonly number[];
  /** Share of positions where each offset's first choice is the text's; follows `offsets`. */
  readonly rates: readonly (number | null)[];
  readonly control: {
    /** Positions that `shifted` moved the predictions by. */
    readonly shift: number;
    readonly shifted: ControlResult;
    readonly random: ControlResult;
  };
};

/** Results of the eval `acceptance`. */
export type AcceptanceResults = {
  /** Prompts decoded: fewer than asked for where held-out documents are short. */
  readonly prompts: number;
  readonly promptTokens: number;
  readonly maxTokens: number;
  readonly decoders: { readonly [label: string]: DecoderAcceptance };
  /** Decoders whose draft policy depends on a clock: their numbers are not reproducible and stand under `timings`. */
  readonly timed: readonly string[];
  readonly skipped: readonly SkippedDecoder[];
  readonly labelMatch: LabelMatchResults;
};

/** Timings of the eval `acceptance`: what no other run need give again. Absent where every decoder is reproducible. */
export type AcceptanceTimings = {
  readonly isReproducible: false;
  readonly decoders: { readonly [label: string]: DecoderAcceptance };
};

interface AcceptanceOptions {
  readonly prompts: number;
  readonly promptTokens: number;
  readonly maxTokens: number;
  readonly windows: number;
}

/** How many drafts are kept: by the model in decoding, and by the text in label match. */
export const acceptance = defineEval({
  name: 'acceptance',
  description:
    'Drafts kept per level and tokens per forward, in decoding and against held-out text, with a guard for repetition.',
  alone: 'timed-drafts',
  options: Type.Object({
    prompts: Type.Integer({ minimum: 1, default: 8, description: 'Held-out prompts to decode.' }),
    promptTokens: Type.Integer({ minimum: 1, default: 32, description: 'Tokens of a prompt.' }),
    maxTokens: Type.Integer({ minimum: 1, default: 64, description: 'Tokens to emit per prompt.' }),
    windows: Type.Integer({ minimum: 1, default: 64, description: 'Held-out windows for label match.' }),
  }),
  create: (_context, options) => ({
    async measure(subject) {
      const continued = continuedPrompts('acceptance', subject, options);
      const progress = stages(subject, subject.decoders.length + 1);
      const { byLabel, skipped } = await forEachDecoder(subject.decoders, (decoder, index) =>
        decoded({ ...subject, progress: progress(index) }, decoder, continued, options.maxTokens),
      );
      const scoring = { ...subject, progress: progress(subject.decoders.length) };
      const timed = subject.decoders.filter(({ policy }) => policy.isTimed).map(({ label }) => label);
      const [reproducible, notReproducible] = parted(byLabel, (label) => !timed.includes(label));
      const results: AcceptanceResults = {
        prompts: continued.prompts.length,
        promptTokens: options.promptTokens,
        maxTokens: options.maxTokens,
        decoders: reproducible,
        timed,
        skipped,
        labelMatch: await labelMatchResults(scoring, options),
      };
      const timings: AcceptanceTimings = { isReproducible: false, decoders: notReproducible };
      return timed.length > 0 ? { results, timings } : { results };
    },
  }),
});

function parted<Value>(byLabel: { readonly [label: string]: Value }, isFirst: (label: string) => boolean) {
  const part = (wanted: boolean): { readonly [label: string]: Value } =>
    Object.fromEntries(Object.entries(byLabel).filter(([label]) => isFirst(label) === wanted));
  return [part(true), part(false)] as const;
}

async function decoded(
  subject: Subject,
  decoder: NamedDecoder,
  { prompts, continuations }: ContinuedPrompts,
  maxTokens: number,
): Promise<DecoderAcceptance> {
  const { tokenizer, model } = subject;
  const emissions = await subject.emissions(decoder, prompts, maxTokens, subject.progress);
  const generated = tokensByPrompt(emissions, prompts.length).map((tokens) => tokenizer.decode(tokens));
  const text = continuations.map((tokens) => tokenizer.decode(tokens));
  return {
    ...emittedAcceptance(emissions, { maxTokens, levels: decoder.decoder.drafts ? draftSources(model).length : 0 }),
    output: outputClaim(decoder),
    repetition: repetition(generated, text),
    sample: generatedSample(
      tokenizer,
      prompts[0],
      emissions.filter(({ prompt }) => prompt === 0),
    ),
  };
}

async function labelMatchResults(subject: Subject, options: AcceptanceOptions): Promise<LabelMatchResults> {
  const { offsets, windows } = await subject.losses(
    spreadWindows(subject.validation, options.windows),
    subject.progress,
  );
  const { maxOffset, vocabulary } = subject.model.dims;
  const counted = { offsets, maxOffset, drafts: draftSources(subject.model) };
  const shift = controlShift(windows);
  const random = subject.random('acceptance/random-head');
  return {
    ...labelMatchByWindow(windows, counted),
    windows: windows.length,
    offsets,
    rates: matchRates(windows, counted),
    control: {
      shift,
      shifted: controlResult(shiftedPredictions(windows, shift), counted),
      random: controlResult(randomPredictions(windows, vocabulary, random), counted),
    },
  };
}
