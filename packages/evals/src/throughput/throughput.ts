import { type OutputClaim, outputClaim, plainGreedy } from '@foretoken/core/evaluation';
import { defineEval, type NamedDecoder, type Prompt, type Subject, Type } from '@foretoken/core/plugin';
import { continuedPrompts, forEachDecoder, type SkippedDecoder } from '../decoding/decoder-runs.ts';

/** Speed of one decoder at batch 1, prefill included. */
export type DecoderThroughput = {
  /** Whether its output is greedy's, of the same distribution as plain sampling's, or lossy. */
  readonly output: OutputClaim;
  /** Median over the rounds. */
  readonly tokensPerSecond: number;
  /** Median over the rounds of this decoder's speed over greedy's in the same round. */
  readonly ratio: number;
  readonly rounds: readonly number[];
};

/** Timings of the eval `throughput`; it has no results, because nothing it measures is reproducible. */
export type ThroughputTimings = {
  /** Label of the decoder that `ratio` compares with. */
  readonly baseline: string;
  readonly promptTokens: number;
  readonly maxTokens: number;
  readonly decoders: { readonly [label: string]: DecoderThroughput };
  readonly skipped: readonly SkippedDecoder[];
};

/** How fast each decoder emits tokens, against greedy, in the same process. */
export const throughput = defineEval({
  name: 'throughput',
  description: 'Tokens per second of each decoder against greedy, one prompt at a time, interleaved.',
  alone: true,
  options: Type.Object({
    rounds: Type.Integer({ minimum: 1, default: 5, description: 'Times that every decoder runs, after one warm-up.' }),
    promptTokens: Type.Integer({ minimum: 1, default: 32, description: 'Tokens of a prompt.' }),
    maxTokens: Type.Integer({ minimum: 1, default: 64, description: 'Tokens to emit per prompt.' }),
  }),
  create: (_context, { rounds, promptTokens, maxTokens }) => ({
    async measure(subject) {
      const { prompts } = continuedPrompts('throughput', subject, { prompts: rounds, promptTokens, maxTokens });
      const baseline = greedyOf(subject);
      const others = subject.decoders.filter((decoder) => decoder !== baseline);
      const speed = (decoder: NamedDecoder, prompt: Prompt) => tokensPerSecond(subject, decoder, prompt, maxTokens);
      const warm = await forEachDecoder([baseline, ...others], (decoder) => speed(decoder, prompts[0]));
      const contenders = [baseline, ...others].filter(({ label }) => label in warm.byLabel);
      const speeds = new Map(contenders.map(({ label }): [string, number[]] => [label, []]));
      for (let round = 0; round < rounds; round++) {
        subject.progress(round, rounds);
        for (const decoder of contenders) {
          speeds.get(decoder.label)!.push(await speed(decoder, prompts[round % prompts.length]));
        }
      }
      const timings: ThroughputTimings = {
        baseline: baseline.label,
        promptTokens,
        maxTokens,
        decoders: Object.fromEntries(
          contenders.map((decoder) => [
            decoder.label,
            { output: outputClaim(decoder), ...compared(speeds.get(decoder.label)!, speeds.get(baseline.label)!) },
          ]),
        ),
        skipped: warm.skipped,
      };
      return { results: {}, timings };
    },
  }),
});

/** The configured greedy decoder, or the plain loop. */
function greedyOf({ decoders }: Subject): NamedDecoder {
  return decoders.find((each) => !each.decoder.drafts && outputClaim(each) === 'greedy') ?? plainGreedy();
}

async function tokensPerSecond(
  subject: Subject,
  decoder: NamedDecoder,
  prompt: Prompt,
  maxTokens: number,
): Promise<number> {
  subject.signal?.throwIfAborted();
  const start = performance.now();
  let tokens = 0;
  for await (const emission of subject.generate(decoder, [prompt], maxTokens)) tokens += emission.tokens.length;
  return tokens / ((performance.now() - start) / 1000);
}

function compared(own: readonly number[], greedy: readonly number[]): Omit<DecoderThroughput, 'output'> {
  return {
    tokensPerSecond: median(own),
    ratio: median(own.map((speed, round) => speed / greedy[round])),
    rounds: own,
  };
}

/** Middle value, or the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
