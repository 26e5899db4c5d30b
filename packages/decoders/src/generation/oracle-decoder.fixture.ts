// A decoder that knows what greedy decoding will say, and drafts as much of it as it likes.
import type { Decoder, Prompt, Tree } from '@foretoken/core';
import { acceptDrafts, type GeneratingRow, generateRows } from '@foretoken/core/plugin';

/** Levels that it drafts at most. */
const LEVELS = 5;

/**
 * Drafts right tokens down to a level that changes with row and step, among wrong ones: every refusal, and every
 * acceptance, at every depth. What the model's own heads draft is asked for at two steps of three, so that they read on,
 * and thrown away.
 *
 * @param texts - what greedy decoding says after each prompt
 */
export function oracleDecoder(
  prompts: readonly Prompt[],
  texts: readonly (readonly number[])[],
  vocabulary: number,
): Decoder {
  return {
    drafts: true,
    async *generate(session, request) {
      let step = 0;
      yield* generateRows(session, request, async (rows) => {
        step++;
        const byRow = new Map(rows.map((row) => [row.row, row]));
        if (step % 3 > 0) await session.draft(request.policy, (row) => byRow.get(row)!.random);
        const drafts = rows.map((row) => {
          const known = texts[row.prompt].slice(row.text.length - prompts[row.prompt].tokens.length);
          return knowingTree(known, row, step, vocabulary);
        });
        return acceptDrafts(session, request, rows, drafts);
      });
    },
  };
}

function knowingTree(
  known: readonly number[],
  { prompt, left }: GeneratingRow,
  step: number,
  vocabulary: number,
): Tree {
  const turn = step * 7 + prompt * 3;
  const numRight = turn % (LEVELS + 1);
  const [tokens, parent]: [number[], number[]] = [[], []];
  const add = (token: number, above: number) => {
    parent.push(above);
    return tokens.push(token) - 1;
  };
  let last = -1;
  for (let level = 1; level <= Math.min(LEVELS, left - 1); level++) {
    const right = known[level - 1];
    const wrong = (right + 1 + ((turn + level) % (vocabulary - 1))) % vocabulary;
    const isRight = level <= numRight;
    const isForked = isRight && (turn + level) % 3 === 0;
    if (isForked) add(wrong, last);
    last = add(isRight ? right : wrong, last);
  }
  return { tokens: Int32Array.from(tokens), parent: Int32Array.from(parent), q: tokens.map(() => 'chosen' as const) };
}
