import { outputClaim } from '@foretoken/core/evaluation';
import { median } from '../median.ts';
import type { DecodingModel } from './decoding-model.ts';
import type { ContenderRuns, TimedRun } from './timed-runs.ts';
import { speedBound, type WeightBytes } from './weight-bytes.ts';

/** `foretoken bench decoding --json`; pinned. */
export interface DecodingSpeed {
  readonly engine: string;
  readonly threads: number;
  readonly decoder: string;
  /** Prompts decoded together. */
  readonly batch: number;
  /** Of all rows together, prefill included; with random tokens the median run counts, with a run's texts all of them. */
  readonly tokensPerSecond: number;
  readonly tokensPerForward: number;
  /** There where the output is neither greedy's nor of plain sampling's distribution. */
  readonly output?: 'lossy';
}

/** What `--split` and `--run` add to it. */
export interface DetailedSpeed extends DecodingSpeed {
  readonly prompts: number;
  /** Of the runs that count. */
  readonly prefillSeconds: number;
  readonly decodingSeconds: number;
  /** Prefill apart. */
  readonly decodingTokensPerSecond: number;
  /** Speed over greedy's at this batch, prefill included and apart; where greedy is among the decoders. */
  readonly overGreedy?: number;
  readonly decodingOverGreedy?: number;
  /** Prompts whose text was greedy's, of all; where greedy is among the decoders. */
  readonly equalToGreedy?: number;
  /** Of greedy: bytes of weights that a step reads, whatever its batch. */
  readonly weightBytes?: number;
  /** Of greedy: bytes of keys and values that a step reads for each token of a row's text. */
  readonly pastBytesPerToken?: number;
  /** At batch 1: most that this many tokens per forward can win, by the weights that greedy and this decoder read. */
  readonly bound?: number;
  /** `overGreedy` and `decodingOverGreedy` over the bound. */
  readonly shareOfBound?: number;
  readonly decodingShareOfBound?: number;
  /** Share of decoding that was JavaScript, and milliseconds of it in a step of the batch; where the engine tells. */
  readonly javaScriptShare?: number;
  readonly javaScriptMsPerStep?: number;
  /** The same of the session alone, without the decoder, its rule and the loop. */
  readonly sessionJavaScriptShare?: number;
  readonly sessionJavaScriptMsPerStep?: number;
}

/** All runs of a contender as one. */
export interface Total extends Required<Pick<TimedRun, 'seconds' | 'prefillSeconds' | 'tokens' | 'forwards'>> {
  readonly prompts: number;
  /** Share of forwards that verified a draft of each level, where it came from the heads. */
  readonly proposed: readonly number[];
}

/** @returns the pinned figures of contenders, in their order */
export function speedsOf({ engine }: DecodingModel, contenders: readonly ContenderRuns[]): DecodingSpeed[] {
  return contenders.map(({ decoder, batch, runs }) => {
    const { tokens, forwards } = runs[runs.length - 1];
    return {
      ...{ engine: engine.name, threads: engine.threads, decoder: decoder.label, batch },
      tokensPerSecond: tokens / median(runs.map(({ seconds }) => seconds)),
      tokensPerForward: tokens / forwards,
      ...lossOf(decoder),
    };
  });
}

function lossOf(decoder: ContenderRuns['decoder']): Pick<DecodingSpeed, 'output'> {
  return outputClaim(decoder) === 'lossy' ? { output: 'lossy' } : {};
}

/** @returns all figures of contenders, in their order */
export function detailedSpeedsOf(
  { engine }: DecodingModel,
  contenders: readonly ContenderRuns[],
  weights: WeightBytes,
): DetailedSpeed[] {
  const totals = contenders.map(({ runs }) => totalOf(runs));
  return contenders.map((contender, i) => {
    const { decoder, batch } = contender;
    const isGreedy = (other: ContenderRuns) => other.batch === batch && other.decoder.label === 'greedy';
    const place = contenders.findIndex(isGreedy);
    const greedy = totals[place];
    const { prompts, seconds, prefillSeconds, tokens, forwards } = totals[i];
    return {
      ...{ engine: engine.name, threads: engine.threads, decoder: decoder.label, batch },
      tokensPerSecond: tokens / seconds,
      tokensPerForward: tokens / forwards,
      ...lossOf(decoder),
      ...{ prompts, prefillSeconds, decodingSeconds: seconds - prefillSeconds },
      decodingTokensPerSecond: decodingRate(totals[i]),
      ...(greedy && againstGreedy(totals[i], greedy, batch === 1 && decoder.decoder.drafts ? weights : undefined)),
      ...(!decoder.decoder.drafts && { weightBytes: weights.greedy, pastBytesPerToken: weights.past }),
      ...(greedy && { equalToGreedy: equalTexts(contender, contenders[place]) }),
      ...javaScriptOf(contender),
    };
  });
}

function equalTexts({ runs }: ContenderRuns, greedy: ContenderRuns): number {
  const own = runs.flatMap(({ texts }) => texts);
  const theirs = greedy.runs.flatMap(({ texts }) => texts);
  return own.filter((text, index) => text === theirs[index]).length;
}

function againstGreedy(own: Total, greedy: Total, weights: WeightBytes | undefined) {
  const speed = ({ tokens, seconds }: Total) => tokens / seconds;
  const overGreedy = speed(own) / speed(greedy);
  const decodingOverGreedy = decodingRate(own) / decodingRate(greedy);
  if (!weights) return { overGreedy, decodingOverGreedy };
  const bound = speedBound(weights, own.tokens / own.forwards, own.proposed);
  return {
    ...{ overGreedy, decodingOverGreedy, bound },
    ...{ shareOfBound: overGreedy / bound, decodingShareOfBound: decodingOverGreedy / bound },
  };
}

function javaScriptOf({ runs, batch }: ContenderRuns) {
  const told = runs.filter(({ javaScriptSeconds }) => javaScriptSeconds !== undefined);
  if (told.length === 0) return {};
  const sum = (of: (run: TimedRun) => number) => told.reduce((total, run) => total + of(run), 0);
  const seconds = sum(({ javaScriptSeconds }) => javaScriptSeconds!);
  const ofSession = sum(({ sessionJavaScriptSeconds }) => sessionJavaScriptSeconds!);
  const decoding = sum((run) => run.seconds - run.prefillSeconds);
  const steps = sum(({ forwards }) => forwards) / batch;
  return {
    javaScriptShare: seconds / decoding,
    javaScriptMsPerStep: (seconds * 1_000) / steps,
    sessionJavaScriptShare: ofSession / decoding,
    sessionJavaScriptMsPerStep: (ofSession * 1_000) / steps,
  };
}

/** Tokens per second without prefill. */
export function decodingRate({ tokens, seconds, prefillSeconds }: Total): number {
  return tokens / (seconds - prefillSeconds);
}

export function totalOf(runs: readonly TimedRun[]): Total {
  const sum = (of: (run: TimedRun) => number) => runs.reduce((total, run) => total + of(run), 0);
  const forwards = sum((run) => run.forwards);
  const drafting = runs.filter(({ isFromHeads }) => isFromHeads);
  const levels = Math.max(0, ...drafting.map(({ proposed }) => proposed.length));
  const proposed = Array.from(
    { length: levels },
    (_, index) => drafting.reduce((total, run) => total + (run.proposed[index] ?? 0), 0) / forwards,
  );
  return {
    prompts: sum((run) => run.prompts),
    seconds: sum((run) => run.seconds),
    prefillSeconds: sum((run) => run.prefillSeconds),
    tokens: sum((run) => run.tokens),
    forwards,
    proposed,
  };
}
