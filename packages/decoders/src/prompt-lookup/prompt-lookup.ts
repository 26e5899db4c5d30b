// V vocabulary.
import {
  acceptDrafts,
  chainTree,
  defineDecoder,
  ForetokenError,
  type GeneratingRow,
  generateRows,
  pointMass,
  type Session,
  type Static,
  type Tree,
  Type,
  withoutPolicy,
} from '@foretoken/core/plugin';
import { NgramIndex } from './ngram-index.ts';

const OPTIONS = Type.Object({
  tokens: Type.Integer({ minimum: 1, default: 10, description: 'Tokens to draft at most.' }),
  maxNgram: Type.Integer({ minimum: 1, default: 3, description: 'Longest run of last tokens that is looked for.' }),
  minNgram: Type.Integer({ minimum: 1, default: 1, description: 'Shortest run that is enough; at most maxNgram.' }),
});

/**
 * Drafts what followed the last time that the row's own text, prompt included, said what it says now. No head is asked.
 *
 * @source Saxena 2023, "Prompt Lookup Decoding", github.com/apoorvumang/prompt-lookup-decoding
 */
export default defineDecoder({
  name: 'prompt-lookup',
  description: 'Drafts what followed the last tokens when they came before in the row’s own text; asks no head.',
  options: OPTIONS,
  create(_context, options) {
    if (options.minNgram > options.maxNgram) throw crossed(options);
    return {
      drafts: true,
      generate(session, request) {
        const indices = new Map<number, NgramIndex>();
        return generateRows(session, withoutPolicy(request), async (rows) => {
          if (indices.size > rows.length) forgetOthers(indices, rows);
          const drafts = rows.map((row) => {
            const tokens = continuation(indexOf(row, indices, options, session), row, options);
            return request.rule.needsDrawn ? certainChain(tokens, session.vocabulary) : chainTree(tokens);
          });
          return acceptDrafts(session, request, rows, drafts);
        });
      },
    };
  },
});

type Options = Static<typeof OPTIONS>;

function indexOf(
  { prompt }: GeneratingRow,
  indices: Map<number, NgramIndex>,
  { maxNgram }: Options,
  { vocabulary }: Pick<Session, 'vocabulary'>,
): NgramIndex {
  const index = indices.get(prompt) ?? new NgramIndex(maxNgram, vocabulary);
  indices.set(prompt, index);
  return index;
}

/** Lets go of the indices of prompts whose rows have left. */
function forgetOthers(indices: Map<number, NgramIndex>, rows: readonly GeneratingRow[]): void {
  const open = new Set(rows.map(({ prompt }) => prompt));
  for (const prompt of indices.keys()) if (!open.has(prompt)) indices.delete(prompt);
}

/** What followed; where that reaches the end of the text, it goes on into itself, as a text that repeats does. */
function continuation(index: NgramIndex, { text }: GeneratingRow, options: Options): number[] {
  const start = index.find(text, options.minNgram);
  if (start === undefined) return [];
  const tokens: number[] = [];
  for (let i = 0; i < options.tokens; i++) tokens.push(text[start + i] ?? tokens[start + i - text.length]);
  return tokens;
}

/** A chain for rules that need drawn candidates: what a look-up finds was drawn with probability 1. */
function certainChain(tokens: readonly number[], vocabulary: number): Tree {
  return { ...chainTree(tokens), q: tokens.map((token) => pointMass(token, vocabulary)) };
}

function crossed({ minNgram, maxNgram }: Options): ForetokenError {
  const message = `decoder "prompt-lookup": minNgram must be <= maxNgram, was ${minNgram} > ${maxNgram}.`;
  return new ForetokenError('OPTIONS_INVALID', message);
}
