// k nodes verified: the pending token and k - 1 drafted ones.
import type { DraftPolicy, Kept, Prompt, Session, Tree } from '@foretoken/core';
import { draftSources } from '@foretoken/core/model';
import { chainTree, ForetokenError } from '@foretoken/core/plugin';
import type { BenchDecodingOptions } from '../../commands/bench.ts';
import type { CommandContext } from '../../process/context.ts';
import { median } from '../median.ts';
import { throwIfStopped } from '../open-bench.ts';
import type { DecodingModel } from './decoding-model.ts';

/** t(k) of one batch size. */
export interface StepCurve {
  readonly batch: number;
  /** Milliseconds to verify and commit k nodes a row; [k - 1] belongs to k. */
  readonly verifyMs: readonly number[];
  /** The same with drafting k - 1 levels before; null where the model drafts fewer. */
  readonly stepMs: readonly (number | null)[];
}

/** `foretoken bench decoding --curve --json`. */
export interface CurveReport {
  readonly engine: string;
  readonly threads: number;
  /** Tokens of a row when measuring starts. */
  readonly promptTokens: number;
  readonly nodes: readonly number[];
  readonly batches: readonly StepCurve[];
}

/** Nodes are measured up to here. */
const MOST_NODES = 9;
/** Times that each is measured; the median counts. */
const REPEATS = 9;

/** Measures t(k): first verifying alone, then whole steps; each k in turn, as often as it takes. */
export async function measureCurve(
  context: CommandContext,
  model: DecodingModel,
  { batch: batches, prompt: promptTokens }: Pick<BenchDecodingOptions, 'batch' | 'prompt'>,
): Promise<CurveReport> {
  const levels = draftSources(model.model).length;
  checkRoom(promptTokens, model.model.dims.context);
  const progress = context.progress();
  const found: StepCurve[] = [];
  for (const [index, batch] of batches.entries()) {
    progress.update({ label: 't(k)', done: index, total: batches.length, unit: 'batches', note: `batch ${batch}` });
    const [prompt] = model.prompts;
    const verifyMs = await timed(context, model.openSession(), { prompt, batch, most: MOST_NODES, drafts: false });
    const most = Math.min(MOST_NODES, levels + 1);
    const stepMs = await timed(context, model.openSession(), { prompt, batch, most, drafts: true });
    found.push({ batch, verifyMs, stepMs: Array.from({ length: MOST_NODES }, (_, k) => stepMs[k] ?? null) });
  }
  const { engine } = model;
  const nodes = Array.from({ length: MOST_NODES }, (_, k) => k + 1);
  return { engine: engine.name, threads: engine.threads, promptTokens, nodes, batches: found };
}

/** Steps that fill a session, and one that is measured. */
function checkRoom(promptTokens: number, context: number): void {
  const most = context - 4 * (MOST_NODES + 1);
  if (promptTokens <= most) return;
  throw new ForetokenError(
    'OPTIONS_INVALID',
    `bench decoding: --curve needs room behind the prompt, so --prompt is ${most} at most in a context of ${context}, ` +
      `was ${promptTokens}. Lower it.`,
  );
}

interface CurveRequest {
  readonly prompt: Prompt;
  readonly batch: number;
  /** Nodes at most. */
  readonly most: number;
  /** Whether the nodes are drafted, or made up. */
  readonly drafts: boolean;
}

/** @returns milliseconds by number of nodes, from 1 */
async function timed(context: CommandContext, session: Session, request: CurveRequest): Promise<number[]> {
  const { most, drafts } = request;
  const samples = Array.from({ length: most }, (): number[] => []);
  try {
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      for (const [index, own] of samples.entries()) {
        throwIfStopped(context);
        const isFull = session.rows.length > 0 && session.room(session.rows[0]) < MOST_NODES + 1;
        if (session.rows.length === 0 || isFull) await fill(session, request);
        own.push(await step(session, index + 1, drafts));
      }
    }
  } finally {
    session.dispose();
  }
  return samples.map(median);
}

/** Fills the session: one row reads the prompt, in every offset too, the others are its copies; then a step that warms up. */
async function fill(session: Session, { prompt, batch, most, drafts }: CurveRequest): Promise<void> {
  for (const row of [...session.rows]) session.leave(row);
  session.join(prompt);
  await step(session, 1, drafts);
  await step(session, most, drafts);
  session.fork(Array.from({ length: batch }, () => session.rows[0]));
  await step(session, most, drafts);
}

/** @returns milliseconds of one step of k nodes a row; half of what was drafted is kept, nothing of what was made up */
async function step(session: Session, nodes: number, drafts: boolean): Promise<number> {
  const madeUp = drafts ? [] : session.rows.map(() => chainTree(new Int32Array(nodes - 1)));
  const started = performance.now();
  const trees = drafts ? await session.draft(upTo(nodes - 1), noRandom) : madeUp;
  await session.verify(trees);
  session.commit(trees.map((tree) => keptOf(tree, drafts)));
  return performance.now() - started;
}

const upTo = (levels: number): DraftPolicy => ({
  grow: (_tree, frontier, _p, at) =>
    at.level > levels ? [] : frontier.map((node) => ({ node, children: 1, sampled: false })),
});

const noRandom = () => {
  throw new Error('a chain of first choices draws nothing');
};

const keptOf = ({ tokens }: Tree, drafts: boolean): Kept => ({
  path: Int32Array.from({ length: drafts ? Math.floor(tokens.length / 2) : 0 }, (_, node) => node),
  next: 0,
});
