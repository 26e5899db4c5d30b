import type { Emission, Prompt, Tokenizer } from '@foretoken/core/plugin';

/** Generated text of one prompt, in pieces that were drafted and accepted or came from the model itself. */
export type Sample = {
  readonly prompt: string;
  readonly pieces: readonly { readonly text: string; readonly drafted: boolean }[];
};

/**
 * Text of what was emitted for one prompt.
 *
 * A character whose bytes lie in two pieces belongs to the later one; bytes that are no UTF-8 show as U+FFFD.
 * @param emissions - of this prompt alone
 */
export function generatedSample(tokenizer: Tokenizer, prompt: Prompt, emissions: Iterable<Emission>): Sample {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const pieces: { text: string; drafted: boolean }[] = [];
  const append = (text: string, drafted: boolean) => {
    const last = pieces.at(-1);
    if (text === '') return;
    if (last?.drafted === drafted) last.text += text;
    else pieces.push({ text, drafted });
  };
  let lastDrafted = false;
  for (const { tokens, accepted } of emissions) {
    for (const [part, drafted] of [
      [tokens.subarray(0, accepted), true],
      [tokens.subarray(accepted), false],
    ] as const) {
      if (part.length === 0) continue;
      append(decoder.decode(tokenizer.decode(part), { stream: true }), drafted);
      lastDrafted = drafted;
    }
  }
  append(decoder.decode(), lastDrafted);
  return { prompt: new TextDecoder().decode(tokenizer.decode(prompt.tokens)), pieces };
}
