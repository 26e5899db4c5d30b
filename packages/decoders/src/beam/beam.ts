// V vocabulary.
import {
  defineDecoder,
  EventLoopTurns,
  emptyTree,
  ForetokenError,
  type GeneratingRow,
  type GenerationRequest,
  generateRows,
  type RowStep,
  type Session,
  type Static,
  StopWatch,
  Type,
  withoutPolicy,
} from '@foretoken/core/plugin';
import { beamSearch, type Hypothesis } from './beam-search.ts';
import { FoundSession } from './found-session.ts';

const OPTIONS = Type.Object({
  width: Type.Integer({ minimum: 1, default: 4, description: 'Texts that are read on at once.' }),
  lengthPenalty: Type.Number({
    default: 1,
    description: 'A text’s score is its log-probability over its length to this power; 0: the most probable text.',
  }),
});

/**
 * Beam search with the next-token head: the text of the highest score that reading a few on at once comes upon.
 *
 * @source Wu et al. 2016, arXiv:1609.08144, sec. 7; the penalty as in Hugging Face transformers
 */
export default defineDecoder({
  name: 'beam',
  description: 'Beam search with the next-token head; a text is emitted once it is found.',
  options: OPTIONS,
  create: (_context, options) => ({
    drafts: false,
    keeps: [],
    async *generate(session, request) {
      if (request.window !== undefined) throw noWindow(request.window);
      const found = new FoundSession(session);
      let [prompt, text]: [number, Hypothesis[]] = [-1, []];
      const turns = new EventLoopTurns();
      // One prompt after another: its beams are the rows of the session.
      yield* generateRows(found, { ...withoutPolicy(request), maxRows: oneRow(request) }, async ([row]) => {
        if (row.prompt !== prompt) {
          prompt = row.prompt;
          text = tokensOf(await search(session, found, row, { request, options, turns }));
        }
        return [emitted(text.shift()!)];
      });
    },
  }),
});

/** What a request may not ask for stays, to be refused with the rest of it. */
function oneRow({ maxRows = 1 }: GenerationRequest): number {
  return Number.isInteger(maxRows) && maxRows > 1 ? 1 : maxRows;
}

interface SearchContext {
  readonly request: GenerationRequest;
  readonly options: Static<typeof OPTIONS>;
  readonly turns: EventLoopTurns;
}

function search(
  session: Session,
  { prompt }: FoundSession,
  row: GeneratingRow,
  { request, options, turns }: SearchContext,
): Promise<Hypothesis> {
  return beamSearch(session, new StopWatch(prompt.stops ?? request.stops, request.tokenizer), {
    ...options,
    maxTokens: row.left,
    hasLogits: request.logProbabilities !== undefined,
    // What was aborted is ended by the loop, as soon as it gets a token.
    isAborted: () => Boolean(request.signal?.aborted || prompt.signal?.aborted),
    breathe: () => turns.breathe(),
  });
}

/** First token first. */
function tokensOf(text: Hypothesis): Hypothesis[] {
  const tokens: Hypothesis[] = [];
  for (let at: Hypothesis | undefined = text; at; at = at.before) tokens.push(at);
  return tokens.reverse();
}

/** A token as if a forward had just given it; the logits are there where log-probabilities are asked for. */
function emitted({ token, logits_V = new Float32Array(0) }: Hypothesis): RowStep {
  return { tree: emptyTree(), verdict: { logits: () => logits_V }, kept: { path: new Int32Array(0), next: token } };
}

function noWindow(window: number): ForetokenError {
  return new ForetokenError(
    'OPTIONS_INVALID',
    `decoder "beam": a text is found before it is emitted, so a full one cannot be read again from its last ${window} ` +
      'tokens. Leave `window` out.',
  );
}
