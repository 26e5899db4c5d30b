import {
  type ChoiceListener,
  type ChoiceSettings,
  type OutputClaim,
  outputClaim,
  plainGreedy,
} from '@foretoken/core/evaluation';
import { defineEval, type NamedDecoder, type Progress, type Prompt, type Subject, Type } from '@foretoken/core/plugin';
import { continuedPrompts, forEachDecoder, type SkippedDecoder, tokensByPrompt } from '../decoding/decoder-runs.ts';
import { stages } from '../progress/stages.ts';

/** Where an output first left greedy's. */
export type FirstDifference = {
  /** Index of the prompt. */
  readonly prompt: number;
  /** Index among the emitted tokens. */
  readonly position: number;
  /** Token ids; null past the end of an output. */
  readonly greedy: number | null;
  readonly got: number | null;
  /** First minus second logit of the greedy choice: a near tie tells rounding from a wrong decoder. It counts all the same. */
  readonly topTwoGap: number | null;
};

/** How one drafting decoder's outputs compare with greedy's. */
export type DecoderLosslessness = {
  /** What the decoder and its rule claim. */
  readonly output: OutputClaim;
  readonly prompts: number;
  /**
   * Prompts whose output equals greedy's, token by token, to the same length; null where that says nothing: the output is
   * drawn, or drafts depend on a clock and the output on the drafts.
   */
  readonly equal: number | null;
  /** Whether it gave the greedy output that it claims; null of one that is drawn, false of a lossy one. */
  readonly lossless: boolean | null;
  readonly firstDifference?: FirstDifference;
};

/** Results of the eval `losslessness`. */
export type LosslessnessResults = {
  /** Every decoder that drafts claims greedy's tokens and gave them on every prompt; true where none drafts. */
  readonly lossless: boolean;
  readonly promptTokens: number;
  readonly maxTokens: number;
  /** Decoders that draft. */
  readonly decoders: { readonly [label: string]: DecoderLosslessness };
  /** Decoders to which this model gives nothing to draft with. */
  readonly skipped: readonly SkippedDecoder[];
};

/** Whether decoders that claim greedy's output give it. */
export const losslessness = defineEval({
  name: 'losslessness',
  description: 'Whether speculative decoding gives the very tokens of greedy decoding, prompt by prompt.',
  options: Type.Object({
    prompts: Type.Integer({ minimum: 1, default: 8, description: 'Held-out prompts to decode.' }),
    promptTokens: Type.Integer({ minimum: 1, default: 32, description: 'Tokens of a prompt.' }),
    maxTokens: Type.Integer({ minimum: 1, default: 64, description: 'Tokens to emit per prompt.' }),
  }),
  create: (_context, options) => ({
    async measure(subject) {
      const drafting = subject.decoders.filter(({ decoder }) => decoder.drafts);
      const { prompts } = continuedPrompts('losslessness', subject, options);
      const progress = stages(subject, 2 * drafting.length);
      const judge = greedyJudge(subject, prompts, options.maxTokens);
      const { byLabel, skipped } = await forEachDecoder(drafting, async (decoder, index) => {
        const emissions = await subject.emissions(decoder, prompts, options.maxTokens, progress(2 * index));
        const greedy = isComparable(decoder) ? await judge(decoder, progress(2 * index + 1)) : undefined;
        return judged(decoder, greedy, tokensByPrompt(emissions, prompts.length));
      });
      const results: LosslessnessResults = {
        lossless: Object.values(byLabel).every(({ lossless }) => lossless === true),
        promptTokens: options.promptTokens,
        maxTokens: options.maxTokens,
        decoders: byLabel,
        skipped,
      };
      return { results };
    },
  }),
});

/** Whether a comparison with greedy says something, and says the same at every run. */
function isComparable(decoder: NamedDecoder): boolean {
  const claim = outputClaim(decoder);
  return claim === 'greedy' || (claim === 'lossy' && decoder.policy.isTimed !== true);
}

function judged(
  decoder: NamedDecoder,
  greedy: readonly GreedyOutput[] | undefined,
  outputs: readonly Int32Array[],
): DecoderLosslessness {
  const output = outputClaim(decoder);
  const found = greedy && compared(greedy, outputs);
  const lossless = { greedy: found?.equal === outputs.length, 'same distribution': null, lossy: false }[output];
  return { output, prompts: outputs.length, equal: null, lossless, ...found };
}

interface GreedyOutput {
  readonly tokens: number[];
  readonly topTwoGaps: number[];
}

/** Greedy's outputs under a decoder's own bias and repetition penalty, decoded once for all decoders that share them. */
function greedyJudge(subject: Subject, prompts: readonly Prompt[], maxTokens: number) {
  const bySettings = new Map<string, readonly GreedyOutput[]>();
  return async ({ sampling = {} }: NamedDecoder, progress: Progress): Promise<readonly GreedyOutput[]> => {
    const { bias, repetitionPenalty } = sampling;
    const key = JSON.stringify([bias, repetitionPenalty]);
    const outputs =
      bySettings.get(key) ??
      (await greedyOutputs({ ...subject, progress }, prompts, { maxTokens, settings: { bias, repetitionPenalty } }));
    bySettings.set(key, outputs);
    return outputs;
  };
}

async function greedyOutputs(
  subject: Subject,
  prompts: readonly Prompt[],
  { maxTokens, settings }: { readonly maxTokens: number; readonly settings: ChoiceSettings },
): Promise<readonly GreedyOutput[]> {
  const outputs = prompts.map((): GreedyOutput => ({ tokens: [], topTwoGaps: [] }));
  const onChoice: ChoiceListener = (prompt, { token, topTwoGap }) => {
    outputs[prompt].tokens.push(token);
    outputs[prompt].topTwoGaps.push(topTwoGap);
  };
  await subject.emissions(plainGreedy(onChoice, settings), prompts, maxTokens, subject.progress);
  return outputs;
}

function compared(judge: readonly GreedyOutput[], outputs: readonly Int32Array[]) {
  const differences = judge.map((greedy, prompt) => difference(prompt, greedy, outputs[prompt]));
  const firstDifference = differences.find((found) => found !== undefined);
  const equal = differences.filter((found) => found === undefined).length;
  return { equal, ...(firstDifference && { firstDifference }) };
}

function difference(prompt: number, greedy: GreedyOutput, output: Int32Array): FirstDifference | undefined {
  const length = Math.max(greedy.tokens.length, output.length);
  for (let position = 0; position < length; position++) {
    if (greedy.tokens[position] === output[position]) continue;
    const topTwoGap = greedy.topTwoGaps[position];
    return {
      prompt,
      position,
      greedy: greedy.tokens[position] ?? null,
      got: output[position] ?? null,
      topTwoGap: Number.isFinite(topTwoGap) ? topTwoGap : null,
    };
  }
  return undefined;
}
