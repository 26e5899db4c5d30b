import { ForetokenError, isForetokenError, type NamedDecoder, type Prompt, type Subject } from '@foretoken/core/plugin';

/** A decoder that an eval left out, and why. */
export type SkippedDecoder = { readonly decoder: string; readonly reason: string };

/** Prompts with the text that really follows them. */
export interface ContinuedPrompts {
  readonly prompts: readonly Prompt[];
  /** The next `maxTokens` tokens of the document of each. */
  readonly continuations: readonly Int32Array[];
}

/**
 * Held-out prompts of a length that leaves room to emit `maxTokens` in the model's context.
 *
 * @param evalName - named in the error
 * @throws OPTIONS_INVALID if prompt and emitted tokens outgrow the context
 * @throws DATA_TOO_SHORT if no held-out document is long enough
 */
export function continuedPrompts(
  evalName: string,
  subject: Subject,
  { prompts: count, promptTokens, maxTokens }: { prompts: number; promptTokens: number; maxTokens: number },
): ContinuedPrompts {
  const { context } = subject.model.dims;
  if (promptTokens + maxTokens > context) {
    throw new ForetokenError(
      'OPTIONS_INVALID',
      `eval "${evalName}": promptTokens + maxTokens must be <= the model's context ${context}, ` +
        `was ${promptTokens} + ${maxTokens}. Lower one of them, or train with a longer context.`,
    );
  }
  const texts = subject.prompts(count, promptTokens + maxTokens);
  return {
    prompts: texts.map(({ tokens }) => ({ tokens: tokens.slice(0, promptTokens) })),
    continuations: texts.map(({ tokens }) => tokens.slice(promptTokens)),
  };
}

/**
 * Runs `work` for each decoder, in order; a decoder that says that this model gives it nothing to draft with is skipped
 * by name.
 */
export async function forEachDecoder<Result>(
  decoders: readonly NamedDecoder[],
  work: (decoder: NamedDecoder, index: number) => Promise<Result>,
): Promise<{ readonly byLabel: { readonly [label: string]: Result }; readonly skipped: SkippedDecoder[] }> {
  const byLabel: { [label: string]: Result } = {};
  const skipped: SkippedDecoder[] = [];
  for (const [index, decoder] of decoders.entries()) {
    try {
      byLabel[decoder.label] = await work(decoder, index);
    } catch (error) {
      if (!isForetokenError(error) || error.code !== 'DRAFT_UNSUPPORTED') throw error;
      skipped.push({ decoder: decoder.label, reason: error.message });
    }
  }
  return { byLabel, skipped };
}

/** Joins what was emitted for each prompt. */
export function tokensByPrompt(
  emissions: Iterable<{ readonly prompt: number; readonly tokens: Int32Array }>,
  prompts: number,
): readonly Int32Array[] {
  const joined = Array.from({ length: prompts }, (): number[] => []);
  for (const { prompt, tokens } of emissions) joined[prompt].push(...tokens);
  return joined.map((tokens) => Int32Array.from(tokens));
}
