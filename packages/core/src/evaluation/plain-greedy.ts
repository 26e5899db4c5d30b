import type { Emission, GenerationRequest, Sampling, Session, Tree } from '../contracts/decoding.ts';
import type { NamedDecoder } from '../contracts/evaluation.ts';

/** One greedy choice and how near the second was. */
export interface GreedyChoice {
  readonly token: number;
  /** First minus second logit; 0 is a tie. */
  readonly topTwoGap: number;
}

/** Told of every choice of a {@link plainGreedy}, in order within a prompt. */
export type ChoiceListener = (prompt: number, choice: GreedyChoice) => void;

/** The part of a sampling that moves the first choice. */
export type ChoiceSettings = Pick<Sampling, 'bias' | 'repetitionPenalty'>;

/**
 * Greedy decoding in the fewest words: one forward a token, no draft, the first choice of the model after bias and
 * repetition penalty.
 *
 * The judge that decoders are compared with, which is why it shares no code with them or the session's sampler, reads raw
 * logits alone, and asks neither rule nor policy.
 * @param settings - bias and penalty of prompts that bring no sampling of their own
 */
export function plainGreedy(onChoice: ChoiceListener = () => {}, settings: ChoiceSettings = {}): NamedDecoder {
  return {
    label: 'plain greedy',
    decoder: { drafts: false, generate: (session, request) => generate(session, request, { onChoice, settings }) },
    rule: { keeps: ['greedy'], accept: (_tree, target) => ({ path: new Int32Array(0), next: target.argmax(-1) }) },
    policy: { grow: () => [] },
  };
}

interface Row {
  readonly prompt: number;
  readonly settings: ChoiceSettings;
  /** The prompt and everything chosen since. */
  readonly text: number[];
  emitted: number;
}

async function* generate(
  session: Session,
  request: GenerationRequest,
  { onChoice, settings }: { readonly onChoice: ChoiceListener; readonly settings: ChoiceSettings },
): AsyncGenerator<Emission> {
  const rows = new Map(
    request.prompts.map((prompt, index): [number, Row] => [
      session.join({ tokens: prompt.tokens }),
      { prompt: index, settings: prompt.sampling ?? settings, text: [...prompt.tokens], emitted: 0 },
    ]),
  );
  while (rows.size > 0) {
    request.signal?.throwIfAborted();
    for (const { row, choice } of await step(session, rows)) {
      const state = rows.get(row)!;
      state.emitted++;
      state.text.push(choice.token);
      onChoice(state.prompt, choice);
      const finished = finishedBecause(session, row, state.emitted, request);
      if (finished) {
        session.leave(row);
        rows.delete(row);
      }
      yield emission(state.prompt, choice.token, finished);
    }
  }
}

async function step(
  session: Session,
  states: ReadonlyMap<number, Row>,
): Promise<{ row: number; choice: GreedyChoice }[]> {
  const noDrafts: Tree = { tokens: new Int32Array(0), parent: new Int32Array(0), q: [] };
  const rows = [...session.rows];
  const verdicts = await session.verify(rows.map(() => noDrafts));
  const choices = verdicts.map((verdict, i) => greedyChoice(adjusted(verdict.logits(-1), states.get(rows[i])!)));
  session.commit(choices.map(({ token }) => ({ path: new Int32Array(0), next: token })));
  return rows.map((row, i) => ({ row, choice: choices[i] }));
}

function finishedBecause(
  session: Session,
  row: number,
  emitted: number,
  { maxTokens }: GenerationRequest,
): Emission['finished'] {
  if (emitted >= maxTokens) return 'length';
  return session.room(row) <= 0 ? 'context' : undefined;
}

function emission(prompt: number, token: number, finished: Emission['finished']): Emission {
  return { prompt, tokens: Int32Array.of(token), proposed: [], accepted: 0, ...(finished && { finished }) };
}

/** Raw logits with the bias added, then those of tokens that the row holds made less likely, in float64. */
function adjusted(raw: Float32Array, { settings: { bias = {}, repetitionPenalty = 1 }, text }: Row): Float64Array {
  const logits = Float64Array.from(raw);
  for (const [token, added] of Object.entries(bias)) logits[Number(token)] += added;
  if (repetitionPenalty === 1) return logits;
  for (const token of new Set(text)) {
    logits[token] = logits[token] > 0 ? logits[token] / repetitionPenalty : logits[token] * repetitionPenalty;
  }
  return logits;
}

function greedyChoice(logits: Float64Array): GreedyChoice {
  let token = 0;
  for (let v = 1; v < logits.length; v++) if (logits[v] > logits[token]) token = v;
  let second = Number.NEGATIVE_INFINITY;
  for (let v = 0; v < logits.length; v++) if (v !== token && logits[v] > second) second = logits[v];
  return { token, topTwoGap: logits[token] - second };
}
