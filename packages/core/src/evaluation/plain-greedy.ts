import type { Emission, GenerationRequest, Session, Tree, Verdict } from '../contracts/decoding.ts';
import type { NamedDecoder } from '../contracts/evaluation.ts';

/** One greedy choice and how near the second was. */
export interface GreedyChoice {
  readonly token: number;
  /** First minus second logit; 0 is a tie. */
  readonly topTwoGap: number;
}

/** Told of every choice of a {@link plainGreedy}, in order within a prompt. */
export type ChoiceListener = (prompt: number, choice: GreedyChoice) => void;

/**
 * Greedy decoding in the fewest words: one forward a token, no draft, the first choice of the model.
 *
 * The judge that decoders are compared with, which is why it shares no code with them and asks neither rule nor policy.
 */
export function plainGreedy(onChoice: ChoiceListener = () => {}): NamedDecoder {
  return {
    label: 'plain greedy',
    decoder: { drafts: false, generate: (session, request) => generate(session, request, onChoice) },
    rule: { keeps: ['greedy'], accept: (_tree, target) => ({ path: new Int32Array(0), next: target.argmax(-1) }) },
    policy: { grow: () => [] },
  };
}

async function* generate(
  session: Session,
  request: GenerationRequest,
  onChoice: ChoiceListener,
): AsyncGenerator<Emission> {
  const rows = new Map(request.prompts.map((prompt, index) => [session.join(prompt), { prompt: index, emitted: 0 }]));
  while (rows.size > 0) {
    request.signal?.throwIfAborted();
    for (const { row, choice } of await step(session)) {
      const state = rows.get(row)!;
      state.emitted++;
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

async function step(session: Session): Promise<{ row: number; choice: GreedyChoice }[]> {
  const noDrafts: Tree = { tokens: new Int32Array(0), parent: new Int32Array(0), q: [] };
  const rows = [...session.rows];
  const choices = (await session.verify(rows.map(() => noDrafts))).map(greedyChoice);
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

function greedyChoice(verdict: Verdict): GreedyChoice {
  const logits = verdict.logits(-1);
  let token = 0;
  for (let v = 1; v < logits.length; v++) if (logits[v] > logits[token]) token = v;
  let second = Number.NEGATIVE_INFINITY;
  for (let v = 0; v < logits.length; v++) if (v !== token && logits[v] > second) second = logits[v];
  return { token, topTwoGap: logits[token] - second };
}
