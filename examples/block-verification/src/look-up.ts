/** What a look-up goes by. */
export interface LookUp {
  /** Tokens to give at most. */
  readonly tokens: number;
  /** Longest and shortest run of last tokens that is looked for. */
  readonly maxNgram: number;
  readonly minNgram: number;
}

/**
 * What followed the last time that a text said what it says at its end.
 *
 * The longest run that came before decides, and of its places the latest. One pass over the text, from its end backwards: it
 * takes time as the text grows, which beside a forward of a model is little up to some thousands of tokens.
 *
 * @returns tokens, none where the last `minNgram` tokens are new
 * @source Saxena 2023, "Prompt Lookup Decoding", github.com/apoorvumang/prompt-lookup-decoding
 */
export function lookUp(text: readonly number[], { tokens, maxNgram, minNgram }: LookUp): number[] {
  let [longest, start] = [minNgram - 1, text.length];
  // A run that ends where the text ends has no token after it yet.
  for (let end = text.length - 1; end > longest && longest < maxNgram; end--) {
    const length = runLength(text, end, maxNgram);
    if (length > longest) [longest, start] = [length, end];
  }
  return text.slice(start, start + tokens);
}

/** How many tokens before `end` equal those before the text's end. */
function runLength(text: readonly number[], end: number, most: number): number {
  let length = 0;
  while (length < Math.min(most, end) && text[end - 1 - length] === text[text.length - 1 - length]) length++;
  return length;
}
