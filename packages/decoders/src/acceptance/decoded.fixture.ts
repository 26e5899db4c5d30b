// Sequences from the tables through the loop of a real decoder.
import type { AcceptanceRule, DraftPolicy } from '@foretoken/core';
import { createRandom } from '@foretoken/core';
import { append, firstText, scriptedSession, type Tables } from '@foretoken/core/testing';
import speculative from '../speculative/speculative.ts';

/** Rows that are decoded at once. */
const ROWS = 100;

/** Draws so many children of every node of a level. */
export function drawing(children: readonly number[]): DraftPolicy {
  return {
    grow: (_tree, frontier, _p, { level }) =>
      frontier.map((node) => ({ node, children: children[level - 1] ?? 0, sampled: true })),
  };
}

/**
 * Counts of decoded sequences, in the order of their tokens.
 *
 * @param sequences - a multiple of 100
 */
export async function decoded(
  tables: Tables,
  request: { readonly rule: AcceptanceRule; readonly children: readonly number[]; readonly length: number },
  sequences: number,
  seed: number,
): Promise<Float64Array> {
  const { vocabulary } = tables;
  const textOf = (history: readonly number[]) => {
    let text = 0;
    for (let index = 1; index < history.length; index++) text = append(text, history[index], vocabulary);
    return text;
  };
  const known = new Map<number, Float32Array>();
  const logitsOf = (text: number) => {
    const logits_V = known.get(text) ?? Float32Array.from(tables.p(text), Math.log);
    known.set(text, logits_V);
    return logits_V;
  };
  const session = scriptedSession({
    context: 1 + request.length,
    vocabulary,
    levels: request.children.length,
    logits: (history) => logitsOf(textOf(history)),
    headDistribution: (history, level) => tables.q(textOf(history), level),
  });
  const random = createRandom(seed, 'decoded');
  const counts = new Float64Array(vocabulary ** request.length);
  for (let done = 0; done < sequences; done += ROWS) {
    const texts = new Float64Array(ROWS);
    for await (const { prompt, tokens } of speculative.create({}, {}).generate(session, {
      prompts: Array.from({ length: ROWS }, () => ({ tokens: Int32Array.of(0) })),
      maxTokens: request.length,
      rule: request.rule,
      policy: drawing(request.children),
      random: () => random,
    })) {
      for (const token of tokens) texts[prompt] = append(texts[prompt], token, vocabulary);
    }
    for (const text of texts) counts[text - firstText(request.length, vocabulary)]++;
  }
  return counts;
}
