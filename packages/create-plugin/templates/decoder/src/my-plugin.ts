import {
  acceptDrafts,
  chainTree,
  defineDecoder,
  generateRows,
  pointMass,
  type Tree,
  Type,
  withoutPolicy,
} from '@foretoken/core/plugin';

/**
 * Drafts what followed the last time that the row's text came to the token that it is at now. No head is asked.
 *
 * One forward verifies the draft of every row, and the acceptance rule keeps a path of each, so the output is what the rule
 * says: greedy's own under `exact`.
 *
 * @source name the paper, or say that it is yours
 */
export default defineDecoder({
  name: 'my-plugin',
  description: 'Drafts what followed the last time that the row’s text came to its last token; asks no head.',
  options: Type.Object({
    tokens: Type.Integer({ minimum: 1, default: 4, description: 'Tokens to draft at most.' }),
  }),
  create: (_context, { tokens }) => ({
    drafts: true,
    generate: (session, request) =>
      // The loop joins, steps, commits, emits and frees; a step is all that a decoder writes.
      generateRows(session, withoutPolicy(request), async (rows) => {
        const drafts = rows.map(({ text }) => {
          const found = continuation(text, tokens);
          return request.rule.needsDrawn ? certainChain(found, session.vocabulary) : chainTree(found);
        });
        return acceptDrafts(session, request, rows, drafts);
      }),
  }),
});

/** At most `length` tokens that followed the last earlier place of the text's last token; none where it is new. */
function continuation(text: readonly number[], length: number): readonly number[] {
  const last = text.length - 1;
  const seen = last < 1 ? -1 : text.lastIndexOf(text[last], last - 1);
  return seen < 0 ? [] : text.slice(seen + 1, seen + 1 + length);
}

/** A chain for rules that need drawn candidates: what is looked up was drawn with probability 1. */
function certainChain(tokens: readonly number[], vocabulary: number): Tree {
  return { ...chainTree(tokens), q: tokens.map((token) => pointMass(token, vocabulary)) };
}
