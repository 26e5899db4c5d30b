// B rows, T positions, E readout input width, N = B*T rows, V vocabulary.
import type { Ops, Readout, RowLoss, Tensor2D } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import type { DistilSettings } from '../config/experiment.ts';
import type { Objective, OffsetOutput, RowObjective, Seen, ValueObjective } from '../contracts/head.ts';
import type { LanguageModel } from '../contracts/model.ts';
import { offsetOfTerm, offsetTerm } from '../contracts/term.ts';
import { type ForwardInput, type ForwardResult, forwardOffsets, headTaps } from '../model/forward.ts';
import { distilledRows, type Teacher } from './distillation.ts';

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
  distil?: DistilSettings,
): readonly Objective[] {
  const [first] = offsets;
  const hidden_NE = distil && offsets.length > 1 ? rowsOf(model, result.offsets.get(first)!) : undefined;
  const teacher = teacherOf(model, distil, hidden_NE, result.batch.tokens_BT.shape[1]);
  if (model.head.objectives) return ownObjectives(model, result, targets, offsets, teacher);
  return offsets.map((offset) => crossEntropyOf(model, result.offsets.get(offset)!, targets, offset, teacher));
}

/** The terms that a head brings itself; the rows that it asks for are taught, where there is a teacher. */
function ownObjectives(
  model: LanguageModel,
  result: ForwardResult,
  targets: Targets,
  offsets: readonly number[],
  teacher: Teacher | undefined,
): readonly Objective[] {
  const asked = new Set<number>();
  const objectives = model.head.objectives?.(seenBy(model, { result, targets, offsets, teacher, asked })) ?? [];
  if (!teacher) return objectives;
  const untaught = objectives.find(({ name }) => {
    const offset = offsetOfTerm(name);
    return offset !== undefined && offset > 1 && !asked.has(offset);
  });
  if (untaught) throw undistillable(`its term "${untaught.name}" makes its rows itself`);
  return objectives.map((objective) =>
    isValueObjective(objective) ? objective : { ...objective, uses: [...(objective.uses ?? []), teacher.hidden_NE] },
  );
}

/**
 * Refuses distillation for a head whose objectives have no term of a further offset.
 * @param terms - names of the loss terms at the full horizon
 * @throws CONFIG_CONFLICT
 */
export function refuseUndistillable(terms: readonly string[]): void {
  if (terms.some((term) => (offsetOfTerm(term) ?? 1) > 1)) return;
  throw undistillable(
    `its terms are ${terms.map((term) => `"${term}"`).join(', ')}, none of an offset beyond the first`,
  );
}

const undistillable = (reason: string): ForetokenError =>
  new ForetokenError(
    'CONFIG_CONFLICT',
    `training.distil: the head cannot be taught by offset 1: ${reason}. Leave training.distil out, or use another head.`,
  );

/** Hidden states of an offset as rows. */
export function rowsOf({ engine }: LanguageModel, { hidden_BTE }: OffsetOutput): Tensor2D {
  const [B, T, E] = hidden_BTE.shape;
  return engine.ops.reshape<Tensor2D>(hidden_BTE, [B * T, E]);
}

/** Offset 1 as a teacher, where there is one. */
export function teacherOf(
  model: LanguageModel,
  settings: DistilSettings | undefined,
  hidden_NE: Tensor2D | undefined,
  columns: number,
): Teacher | undefined {
  return settings && hidden_NE && { settings, hidden_NE, readout: model.readout(1), columns };
}

/** The default loss term of an offset. Call it while the forward is recorded. */
export function crossEntropyOf(
  model: LanguageModel,
  output: OffsetOutput,
  targets: Targets,
  offset: number,
  teacher?: Teacher,
): RowObjective {
  const taught = offset > 1 ? teacher : undefined;
  const readout = model.readout(offset);
  return {
    name: offsetTerm(offset),
    hidden_NE: rowsOf(model, output),
    readout,
    rows: offsetRows(model.engine.ops, offset, targets, readout, taught),
    ...(taught && { uses: [taught.hidden_NE] }),
    validRows: targets.validTargets(offset),
  };
}

function offsetRows(
  ops: Ops,
  offset: number,
  targets: Targets,
  { tokens_V }: Pick<Readout, 'tokens_V'>,
  teacher: Teacher | undefined,
): RowLoss {
  const target_N = targets.target(offset);
  const hard = targetRows(ops, target_N, { tokens_V });
  return teacher ? distilledRows(ops, teacher, { offset, target_N, hard, tokens_V }) : hard;
}

interface Showing {
  readonly result: ForwardResult;
  readonly targets: Targets;
  readonly offsets: readonly number[];
  readonly teacher: Teacher | undefined;
  /** Gets the offsets whose rows were asked for. */
  readonly asked: Set<number>;
}

function seenBy(model: LanguageModel, { result, targets, offsets, teacher, asked }: Showing): Seen {
  const taps = headTaps(model.head);
  return {
    batch: result.batch,
    horizon: offsets[offsets.length - 1],
    trunk: (tap) => result.trunk[taps.indexOf(tap)],
    offset: (offset) => result.offsets.get(offset)!,
    readout: (offset) => model.readout(offset),
    rows: (offset) => {
      asked.add(offset);
      const isPredicted = model.offsets.includes(offset);
      const taught = isPredicted && offset > 1 ? teacher : undefined;
      return offsetRows(model.engine.ops, offset, targets, isPredicted ? model.readout(offset) : {}, taught);
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
