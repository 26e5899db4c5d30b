// N rows of a batch, E readout input width, V vocabulary.
import { type LinearLossResult, type LossPart, type Readout, type Seed, type Tensor, tf } from '@foretoken/engine';
import type { Objective, RowObjective, ValueObjective } from '../../contracts/head.ts';
import type { LanguageModel } from '../../contracts/model.ts';
import { isValueObjective } from '../objectives.ts';
import type { BackwardRequest } from './backward.ts';
import type { Gathered } from './gathered.ts';

/** Where the losses of a recording go. */
export interface LossSinks {
  /** Gets losses and the gradients of readouts. */
  readonly into: Gathered;
  /** Gets the gradients that the backward pass starts from; the caller frees them. */
  readonly seeds: Seed[];
}

/** Tensors of an objective that must outlive the recording they are made in, until its loss is known. */
export function tensorsOf(objective: Objective): readonly Tensor[] {
  return isValueObjective(objective) ? [objective.value] : [objective.hidden_NE, ...(objective.uses ?? [])];
}

/**
 * Whether a term takes part in a step. One that weighs 0, or has no target anywhere in it, sits out: a gradient of zeros
 * would have the optimizer decay weights and play out momentum, and a loss would tell weightings and schedules that the
 * term is learned.
 */
export function takesPart({ weight }: Pick<BackwardRequest, 'weight'>, objective: Objective): boolean {
  return weight(objective.name) > 0 && (isValueObjective(objective) || objective.validRows > 0);
}

/** Losses of recorded objectives that {@link takesPart}, weighted and differentiated off the tape: one call per distinct readout. */
export function addLosses(
  model: LanguageModel,
  request: BackwardRequest,
  objectives: readonly Objective[],
  sinks: LossSinks,
): void {
  for (const group of byReadout(objectives)) addRowLosses(model, request, group, sinks);
  for (const objective of objectives.filter(isValueObjective)) addValueLoss(request, objective, sinks);
}

function addRowLosses(
  model: LanguageModel,
  request: BackwardRequest,
  objectives: readonly RowObjective[],
  { into, seeds }: LossSinks,
): void {
  const parts = objectives.map(({ name, hidden_NE, rows, validRows }): LossPart => {
    return { hidden_NE, rows, scale: request.weight(name) / validRows };
  });
  const { readout } = objectives[0];
  const { gain_E, weight_EV, bias_V } = readout;
  const frozenReadout = ![gain_E, weight_EV, bias_V].some((tensor) => tensor && into.trains(tensor));
  const result = model.engine.ops.linearLoss(readout, parts, { gradients: true, frozenReadout });
  for (const [i, { name, hidden_NE, validRows }] of objectives.entries()) {
    seeds.push({ at: hidden_NE, gradient: result.dHidden_NE[i] });
    if (request.norms) into.addNorm(name, request.weight(name), [result.dHidden_NE[i]]);
    into.losses.set(name, sumInOrder(result.loss_N[i]) / validRows);
    result.loss_N[i].dispose();
  }
  for (const [tensor, gradient] of readoutGradients(readout, result)) into.add(tensor, gradient);
}

function addValueLoss(request: BackwardRequest, { name, value }: ValueObjective, { into, seeds }: LossSinks): void {
  into.losses.set(name, value.dataSync()[0] / request.batches);
  seeds.push({ at: value, gradient: tf.scalar(request.weight(name) / request.batches) });
}

function* readoutGradients(
  { gain_E, weight_EV, bias_V }: Readout,
  { dGain_E, dWeight_EV, dBias_V }: LinearLossResult,
): Generator<[Tensor, Tensor]> {
  if (gain_E && dGain_E) yield [gain_E, dGain_E];
  if (dWeight_EV) yield [weight_EV, dWeight_EV];
  if (bias_V && dBias_V) yield [bias_V, dBias_V];
}

function byReadout(objectives: readonly Objective[]): readonly RowObjective[][] {
  const groups = new Map<string, RowObjective[]>();
  for (const objective of objectives) {
    if (isValueObjective(objective)) continue;
    const { gain_E, weight_EV, bias_V } = objective.readout;
    // Offsets may share an unembedding and not the norm before it.
    const key = [weight_EV, gain_E, bias_V].map((tensor) => tensor?.id).join();
    const group = groups.get(key);
    if (group) group.push(objective);
    else groups.set(key, [objective]);
  }
  return [...groups.values()];
}

/** Sum on the host in float64, in row order: the same bits whatever the engine's reductions do. */
function sumInOrder(loss_N: Tensor): number {
  let sum = 0;
  for (const loss of loss_N.dataSync()) sum += loss;
  return sum;
}
