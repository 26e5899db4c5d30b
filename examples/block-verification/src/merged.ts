// V vocabulary.
import {
  acceptDrafts,
  defineDecoder,
  ForetokenError,
  type GeneratingRow,
  generateRows,
  pointMass,
  type Static,
  type Tree,
  Type,
} from '@foretoken/core/plugin';
import { lookUp } from './look-up.ts';

const Options = Type.Object({
  tokens: Type.Integer({ minimum: 1, default: 8, description: 'Tokens that the look-up adds to a draft at most.' }),
  maxNgram: Type.Integer({ minimum: 1, default: 4, description: 'Longest run of last tokens that is looked for.' }),
  minNgram: Type.Integer({ minimum: 1, default: 2, description: 'Shortest run that is enough; at most maxNgram.' }),
});

/**
 * Two drafts in one tree: what the heads say, and what followed the last tokens when they came before in the row's own text.
 * Where the two agree they are one branch; where they part, the look-up's is the younger sibling. One forward verifies both.
 *
 * A head knows what is likely and drafts few tokens; a look-up knows what was said and drafts many. Neither has to be chosen.
 *
 * @source ours; the look-up: Saxena 2023, github.com/apoorvumang/prompt-lookup-decoding; several drafts in one tree: Miao et
 * al. 2023 (SpecInfer), arXiv:2305.09781, sec. 3
 */
export default defineDecoder({
  name: 'merged',
  description: 'The heads’ draft and a look-up in the row’s own text, merged into one tree.',
  options: Options,
  create(_context, options) {
    if (options.minNgram > options.maxNgram) throw crossed(options);
    return {
      drafts: true,
      generate(session, request) {
        return generateRows(session, request, async (rows) => {
          const byRow = new Map(rows.map((row) => [row.row, row]));
          const drafts = await session.draft(request.policy, (row) => byRow.get(row)!.random);
          const trees = rows.map((row, index) => {
            const found = continuation(row, options);
            // A rule that must know what a token was drawn from is told that it was certain.
            const qOf = (token: number) =>
              request.rule.needsDrawn ? pointMass(token, session.vocabulary) : ('chosen' as const);
            return merge(drafts[index], found, qOf);
          });
          return acceptDrafts(session, request, rows, trees);
        });
      },
    };
  },
});

/** No more than the row may emit: the last token is the model's own. */
function continuation({ text, left }: GeneratingRow, options: Static<typeof Options>): number[] {
  return lookUp(text, { ...options, tokens: Math.min(options.tokens, left - 1) });
}

/**
 * Hangs a chain of tokens into a tree, along the nodes that are there already.
 *
 * New nodes stand behind all others: parents come before children, and siblings that were drawn keep their order, on which
 * the distributions that they were drawn from depend.
 */
export function merge(tree: Tree, chain: readonly number[], qOf: (token: number) => Tree['q'][number]): Tree {
  const tokens = [...tree.tokens];
  const parent = [...tree.parent];
  const q = [...tree.q];
  let node = -1;
  for (const token of chain) {
    const same = tokens.findIndex((other, index) => parent[index] === node && other === token);
    if (same < 0) {
      parent.push(node);
      q.push(qOf(token));
    }
    node = same < 0 ? tokens.push(token) - 1 : same;
  }
  return { tokens: Int32Array.from(tokens), parent: Int32Array.from(parent), q };
}

function crossed({ minNgram, maxNgram }: Static<typeof Options>): ForetokenError {
  return new ForetokenError(
    'OPTIONS_INVALID',
    `decoder "merged": minNgram must be <= maxNgram, was ${minNgram} > ${maxNgram}. Lower the one or raise the other.`,
  );
}
