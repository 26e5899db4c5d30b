import { ForetokenError } from '@foretoken/engine/errors';
import type { Prompt } from '../contracts/decoding.ts';
import { createRandom } from '../random/random.ts';
import type { TokenSplit } from './token-windows.ts';
import { documentAt, documentStarts } from './token-windows.ts';

/**
 * Prompts cut from held-out documents, none across a boundary, spread evenly over all places where one fits.
 *
 * They follow from the data, the count, the length and the name alone: every arm and every seed gets the same ones.
 * @param ids - names of the documents, for the error
 * @throws DATA_TOO_SHORT if no document is as long as a prompt
 */
export function cutPrompts(
  { file, starts }: TokenSplit,
  ids: readonly string[],
  { count, length, name }: { readonly count: number; readonly length: number; readonly name: string },
): Prompt[] {
  const places = documentStarts(ids.map((_, document) => Math.max(0, lengthOf(starts, document) - length + 1)));
  const total = places[places.length - 1];
  if (total === 0) {
    const longest = longestDocument(starts);
    throw new ForetokenError(
      'DATA_TOO_SHORT',
      `prompts of ${length} tokens were asked for, but the longest held-out document, ${ids[longest]}, has ${lengthOf(starts, longest)}. Ask for shorter prompts.`,
    );
  }
  const random = createRandom(0, `prompts ${name}`);
  return Array.from({ length: count }, (_, index) => {
    const place = Math.floor(((index + random.uniform()) / count) * total);
    const document = documentAt(places, place);
    return { tokens: file.read(starts[document] + place - places[document], length) };
  });
}

/** Tokens of a document. */
export const lengthOf = (starts: Float64Array, document: number) => starts[document + 1] - starts[document];

/** The number of the longest document; the first of equals. */
export function longestDocument(starts: Float64Array): number {
  let longest = 0;
  for (let document = 1; document + 1 < starts.length; document++) {
    if (lengthOf(starts, document) > lengthOf(starts, longest)) longest = document;
  }
  return longest;
}
