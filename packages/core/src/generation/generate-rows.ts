import { setImmediate } from 'node:timers/promises';
import { ForetokenError } from '@foretoken/engine/errors';
import type { Emission, GenerationRequest, Kept, Session, Tree, Verdict } from '../contracts/decoding.ts';
import type { Random } from '../contracts/random.ts';
import { nodesPerLevel } from './tree.ts';

/** One row of a generation under way. */
export interface GeneratingRow {
  readonly row: number;
  /** Index of its prompt. */
  readonly prompt: number;
  /** Tokens it may still emit by the request. */
  readonly left: number;
  readonly random: Random;
  /** Its prompt and everything emitted since. */
  readonly text: readonly number[];
}

/** What a step gave one row. */
export interface RowStep {
  readonly tree: Tree;
  readonly verdict: Verdict;
  readonly kept: Kept;
}

/** Drafts, verifies and chooses for all rows of the session, in batch order; commits nothing. */
export type Step = (rows: readonly GeneratingRow[]) => Promise<readonly RowStep[]>;

/**
 * The loop that decoders share: joins the prompts, steps, commits, emits, and lets rows leave as they finish.
 *
 * Rows are freed on every way out: the end, an error, an abort, or a consumer that stops reading.
 *
 * @param step - never keeps more tokens than a row has left
 * @throws SESSION_MISUSE if the session has rows already; OPTIONS_INVALID if maxTokens is not an integer >= 1;
 * INTERRUPTED once the request's signal is aborted
 */
export async function* generateRows(
  session: Session,
  request: GenerationRequest,
  step: Step,
): AsyncGenerator<Emission, void, undefined> {
  checkRequest(session, request);
  let rows: GeneratingRow[] = [];
  try {
    for (const [prompt, tokens] of request.prompts.entries()) {
      checkSignal(request);
      rows.push({
        row: session.join(tokens),
        prompt,
        left: request.maxTokens,
        random: request.random(prompt),
        text: [...tokens.tokens],
      });
    }
    while (rows.length > 0) {
      // Everything here may be done without ever leaving the microtask queue: let timers and signals have a turn.
      await setImmediate();
      checkSignal(request);
      const steps = await step(rows);
      session.commit(steps.map(({ kept }) => kept));
      const emissions = rows.map((row, index) => emissionOf(session, row, steps[index]));
      rows = rows.flatMap((row, index) => {
        const { tokens, finished } = emissions[index];
        if (!finished) return [{ ...row, left: row.left - tokens.length, text: [...row.text, ...tokens] }];
        session.leave(row.row);
        return [];
      });
      yield* emissions;
    }
  } finally {
    const open = new Set(session.rows);
    for (const { row } of rows) if (open.has(row)) session.leave(row);
  }
}

function emissionOf(session: Session, { row, prompt, left }: GeneratingRow, { tree, kept }: RowStep): Emission {
  const tokens = Int32Array.from([...Array.from(kept.path, (node) => tree.tokens[node]), kept.next]);
  const finished = tokens.length >= left ? 'length' : session.room(row) <= 0 ? 'context' : undefined;
  return {
    prompt,
    tokens,
    proposed: nodesPerLevel(tree),
    accepted: kept.path.length,
    ...(finished && { finished }),
  };
}

function checkRequest({ rows }: Session, { maxTokens }: GenerationRequest): void {
  if (!Number.isInteger(maxTokens) || maxTokens < 1) {
    throw new ForetokenError('OPTIONS_INVALID', `generate: maxTokens must be an integer >= 1, was ${maxTokens}.`);
  }
  if (rows.length === 0) return;
  throw new ForetokenError(
    'SESSION_MISUSE',
    `generate: a decoder steps all rows of its session, and this one has rows [${rows}] already. Open another session.`,
  );
}

function checkSignal({ signal }: GenerationRequest): void {
  if (!signal?.aborted) return;
  throw new ForetokenError('INTERRUPTED', 'generate: stopped on request between two steps; all rows are freed.', {
    cause: signal.reason,
  });
}
