// B windows of a forward, T positions, E readout input width, N = B*T rows, V vocabulary, K offsets of the model.
import { createNodes, type RowLoss, type Tensor2D } from '@foretoken/engine';
import type { WindowScores, Windows } from '../contracts/evaluation.ts';
import type { LanguageModel } from '../contracts/model.ts';
import type { Random } from '../contracts/random.ts';
import { makeBatch, type TokenBatch } from '../data/make-batch.ts';
import { forwardOffsets } from '../model/forward.ts';
import { targetRows } from '../training/objectives.ts';

/** Positions of one forward: enough to keep an engine busy, few enough for any machine. */
const ROWS_PER_FORWARD = 2048;

/** Windows that one forward of {@link scoreWindows} should take. */
export function windowsPerForward({ context }: { readonly context: number }): number {
  return Math.max(1, Math.floor(ROWS_PER_FORWARD / context));
}

/**
 * Scores windows in one forward, teacher-forced: loss and first choice of every offset at every position.
 *
 * Which positions are scored depends on the text alone, never on the model, so all arms score the same ones. A row's
 * bits do not depend on the other rows, so neither do the scores on how windows are batched. Frees every tensor it
 * makes.
 * @param random - for a head that rearranges its input; two calls with equal streams agree
 * @param offsets - those to score, the nearest ones; default: all of the model
 */
export function scoreWindows(
  model: LanguageModel,
  windows: Windows,
  indices: readonly number[],
  random: Random,
  offsets: readonly number[] = model.offsets,
): WindowScores[] {
  const rows = indices.map((index) => windows.read(index));
  const batch = makeBatch({ count: rows.length, read: (row) => rows[row] }, [...rows.keys()], model.dims);
  const byOffset = scoreOffsets(model, batch, random, offsets);
  return rows.map(({ tokens, document }, row) => {
    const from = row * batch.T;
    const scores = byOffset.map((offset) => windowPart(offset, from, from + batch.T));
    return {
      window: indices[row],
      tokens,
      document,
      targets: scores.map(({ targets }) => targets),
      scored: scores.map(({ scored }) => scored),
      sumNats: scores.map(({ sumNats }) => sumNats),
      nats: scores.map(({ nats }) => nats),
      predicted: scores.map(({ predicted }) => predicted),
    };
  });
}

/** What one offset made of a whole batch. */
interface OffsetScores {
  /** Token id, or -1 in another document. */
  readonly target_N: Int32Array;
  readonly isScored: (row: number) => boolean;
  readonly loss_N: Float32Array;
  readonly predicted_N: Int32Array;
}

function scoreOffsets(
  model: LanguageModel,
  batch: TokenBatch,
  random: Random,
  offsets: readonly number[],
): OffsetScores[] {
  const { engine } = model;
  const at = createNodes(batch);
  try {
    return engine.tidy(() => {
      const { B, T } = batch;
      const hidden = forwardOffsets(model, { tokens: batch, at, random }, offsets).offsets;
      return offsets.map((offset) => {
        const { hidden_BTE } = hidden.get(offset)!;
        const hidden_NE = engine.ops.reshape<Tensor2D>(hidden_BTE, [B * T, hidden_BTE.shape[2]]);
        return scoreOffset(model, offset, hidden_NE, batch.target(offset));
      });
    });
  } finally {
    at.dispose();
  }
}

/** Losses and first choices out of one pass over the logits, in the row blocks of the engine's choice. */
function scoreOffset(model: LanguageModel, offset: number, hidden_NE: Tensor2D, target_N: Int32Array): OffsetScores {
  const { ops } = model.engine;
  const readout = model.readout(offset);
  const { tokens_V } = readout;
  const crossEntropy = targetRows(ops, target_N, readout);
  const predicted_N = new Int32Array(target_N.length);
  const rows: RowLoss = (logits_RV, firstRow) => {
    const choices = ops.argmax(logits_RV).dataSync();
    for (let r = 0; r < choices.length; r++) predicted_N[firstRow + r] = tokens_V ? tokens_V[choices[r]] : choices[r];
    return crossEntropy(logits_RV, firstRow);
  };
  const { loss_N } = ops.linearLoss(readout, [{ hidden_NE, rows, scale: 1 }], { gradients: false });
  const known = tokens_V && new Set(tokens_V);
  return {
    target_N,
    isScored: (row) => target_N[row] >= 0 && (!known || known.has(target_N[row])),
    // The cpu backend hands out its live buffer, which dies with the tensor.
    loss_N: Float32Array.from(loss_N[0].dataSync()),
    predicted_N,
  };
}

function windowPart({ target_N, isScored, loss_N, predicted_N }: OffsetScores, from: number, to: number) {
  let targets = 0;
  let scored = 0;
  let sumNats = 0;
  const nats = new Float32Array(to - from).fill(Number.NaN);
  for (let row = from; row < to; row++) {
    if (target_N[row] >= 0) targets++;
    if (!isScored(row)) continue;
    scored++;
    sumNats += loss_N[row];
    nats[row - from] = loss_N[row];
  }
  return { targets, scored, sumNats, nats, predicted: predicted_N.slice(from, to) };
}
