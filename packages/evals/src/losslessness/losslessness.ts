import { plainGreedy } from '@foretoken/core/evaluation';
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

/** How one decoder's outputs compare with greedy's. */
export type DecoderLosslessness = {
  readonly prompts: number;
  /** Prompts whose output equals greedy's, token by token, to the same length. */
  readonly equal: number;
  readonly lossless: boolean;
  readonly firstDifference?: FirstDifference;
};

/** Results of the eval `losslessness`. */
export type LosslessnessResults = {
  /** Every decoder compared gave greedy's tokens on every prompt; true where no decoder drafts. */
  readonly lossless: boolean;
  readonly promptTokens: number;
  readonly maxTokens: number;
  readonly decoders: { readonly [label: string]: DecoderLosslessness };
  /** Drafting decoders that were not compared, and why. */
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
      const claiming = drafting.filter(({ rule }) => rule.keeps.includes('greedy'));
      const { prompts } = continuedPrompts('losslessness', subject, options);
      const progress = stages(subject, claiming.length + 1);
      const judge = claiming.length > 0 ? await greedyOutputs(subject, prompts, options.maxTokens, progress(0)) : [];
      const { byLabel, skipped } = await forEachDecoder(claiming, async (decoder, index) => {
        const emissions = await subject.emissions(decoder, prompts, options.maxTokens, progress(index + 1));
        return compared(judge, tokensByPrompt(emissions, prompts.length));
      });
      const results: LosslessnessResults = {
        lossless: Object.values(byLabel).every(({ lossless }) => lossless),
        promptTokens: options.promptTokens,
        maxTokens: options.maxTokens,
        decoders: byLabel,
        skipped: [...drafting.filter((decoder) => !claiming.includes(decoder)).map(lossyReason), ...skipped],
      };
      return { results };
    },
  }),
});

interface GreedyOutput {
  readonly tokens: number[];
  readonly topTwoGaps: number[];
}

async function greedyOutputs(
  subject: Subject,
  prompts: readonly Prompt[],
  maxTokens: number,
  progress: Progress,
): Promise<readonly GreedyOutput[]> {
  const outputs = prompts.map((): GreedyOutput => ({ tokens: [], topTwoGaps: [] }));
  const judge = plainGreedy((prompt, { token, topTwoGap }) => {
    outputs[prompt].tokens.push(token);
    outputs[prompt].topTwoGaps.push(topTwoGap);
  });
  await subject.emissions(judge, prompts, maxTokens, progress);
  return outputs;
}

function compared(judge: readonly GreedyOutput[], outputs: readonly Int32Array[]): DecoderLosslessness {
  const differences = judge.map((greedy, prompt) => difference(prompt, greedy, outputs[prompt]));
  const firstDifference = differences.find((found) => found !== undefined);
  const equal = differences.filter((found) => found === undefined).length;
  return { prompts: judge.length, equal, lossless: !firstDifference, ...(firstDifference && { firstDifference }) };
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

function lossyReason({ label, rule }: NamedDecoder): SkippedDecoder {
  const keeps = rule.keeps.length > 0 ? rule.keeps.join(', ') : 'nothing';
  return { decoder: label, reason: `its acceptance rule does not claim greedy's output (it keeps: ${keeps})` };
}
