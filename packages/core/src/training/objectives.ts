// B rows, T positions, E readout input width, N = B*T rows, V vocabulary.
import type { Ops, Readout, RowLoss, Tensor2D } from '@foretoken/engine';
import type { Objective, OffsetOutput, RowObjective, Seen, ValueObjective } from '../contracts/head.ts';
import type { LanguageModel } from '../contracts/model.ts';
import { offsetTerm } from '../contracts/term.ts';
import { type ForwardInput, type ForwardResult, forwardOffsets, headTaps } from '../model/forward.ts';

/** Targets of one batch, on the host. */
export interface Targets {
  /** Token id at each of the N = B*T positions for an offset; -1 where it lies in another document. */
  target(offset: number): Int32Array;
  /** Valid targets of an offset in the whole step. */
  validTargets(offset: number): number;
}

/** Loss terms of a batch: the head's own, or cross-entropy of each offset. Call it while the forward is recorded. */
export function objectivesOf(
  model: LanguageModel,
  result: ForwardResult,
  targets: Targets,
  offsets: readonly number[],
): readonly Objective[] {
  const own = model.head.objectives?.(seenBy(model, result, targets, offsets));
  return own ?? offsets.map((offset) => crossEntropyOf(model, result.offsets.get(offset)!, targets, offset));
}

/** The default loss term of an offset. Call it while the forward is recorded. */
export function crossEntropyOf(
  model: LanguageModel,
  { hidden_BTE }: OffsetOutput,
  targets: Targets,
  offset: number,
): RowObjective {
  const { ops } = model.engine;
  const [B, T, E] = hidden_BTE.shape;
  const readout = model.readout(offset);
  return {
    name: offsetTerm(offset),
    hidden_NE: ops.reshape<Tensor2D>(hidden_BTE, [B * T, E]),
    readout,
    rows: targetRows(ops, targets.target(offset), readout),
    validRows: targets.validTargets(offset),
  };
}

function seenBy(model: LanguageModel, result: ForwardResult, targets: Targets, offsets: readonly number[]): Seen {
  const taps = headTaps(model.head);
  return {
    batch: result.batch,
    horizon: offsets[offsets.length - 1],
    trunk: (tap) => result.trunk[taps.indexOf(tap)],
    offset: (offset) => result.offsets.get(offset)!,
    readout: (offset) => model.readout(offset),
    rows: (offset) => {
      const readout = model.offsets.includes(offset) ? model.readout(offset) : undefined;
      return targetRows(model.engine.ops, targets.target(offset), readout);
    },
    target: (offset) => targets.target(offset),
    validTargets: (offset) => targets.validTargets(offset),
  };
}

/** Cross-entropy rows in the readout's own vocabulary: a target outside a reduced one is ignored. */
export function targetRows(ops: Ops, target_N: Int32Array, { tokens_V }: Pick<Readout, 'tokens_V'> = {}): RowLoss {
  if (!tokens_V) return ops.crossEntropyRows(target_N);
  const rowOf = new Map(Array.from(tokens_V, (token, row) => [token, row]));
  return ops.crossEntropyRows(target_N.map((token) => rowOf.get(token) ?? -1));
}

/** A loss term as it is known before the first step. */
export interface Term {
  readonly name: string;
  /** Whether its loss is on the tape already, so that its gradient is never seen apart from the others. */
  readonly isValue: boolean;
}

/**
 * The loss terms at the full horizon. A head with objectives of its own is asked once, on a real batch, so that
 * weightings start with the terms they will see.
 */
export function discoverTerms(model: LanguageModel, batch: () => { input: ForwardInput; targets: Targets }): Term[] {
  if (!model.head.objectives) return model.offsets.map((offset) => ({ name: offsetTerm(offset), isValue: false }));
  const { input, targets } = batch();
  return model.engine.tidy(() => {
    const result = forwardOffsets(model, input, model.offsets);
    const objectives = objectivesOf(model, result, targets, model.offsets);
    return objectives.map((objective) => ({ name: objective.name, isValue: isValueObjective(objective) }));
  });
}

/** Whether an objective is a loss on the tape, and not one over rows of logits. */
export function isValueObjective(objective: Objective): objective is ValueObjective {
  return 'value' in objective;
}
