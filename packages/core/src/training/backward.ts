// N rows of a batch, E readout input width, V vocabulary.
import {
  type LinearLossResult,
  type LossPart,
  type Readout,
  type Recording,
  type Seed,
  type Tensor,
  tf,
} from '@foretoken/engine';
import type { Objective, RowObjective, ValueObjective } from '../contracts/head.ts';
import type { LanguageModel } from '../contracts/model.ts';
import { type ForwardInput, forwardOffsets } from '../model/forward.ts';
import { objectivesOf, type Targets } from './objectives.ts';

/** One batch of a step, ready for a forward pass. */
export interface StepBatch {
  readonly input: ForwardInput;
  readonly targets: Targets;
}

export interface BackwardRequest {
  readonly batch: StepBatch;
  /** Offsets that train in this step. */
  readonly offsets: readonly number[];
  /** Weight of a loss term by name. */
  weight(term: string): number;
  /** Batches in this step: terms that are not averaged over rows are averaged over batches. */
  readonly batches: number;
}

export interface BackwardResult {
  /** This batch's share of each term's loss, unweighted: the shares of a step's batches add up to the loss. */
  readonly losses: ReadonlyMap<string, number>;
  /** Gradient of the weighted loss by parameter name, for the parameters it reaches. The caller owns them. */
  readonly gradients: Map<string, Tensor>;
}

/**
 * From a batch to losses and gradients: the one seam between a training step and the way it is differentiated. `joint`
 * keeps every offset's activations until one common backward pass.
 */
export type Backward = (model: LanguageModel, request: BackwardRequest) => BackwardResult;

/** One recording of trunk and all offsets; losses outside it, per distinct readout in row blocks; one backward pass. */
export const joint: Backward = (model, request) => {
  let objectives: readonly Objective[] = [];
  const recording = model.engine.record(() => {
    const { input, targets } = request.batch;
    const result = forwardOffsets(model, input, request.offsets);
    objectives = objectivesOf(model, result, targets, request.offsets);
    return objectives.flatMap((objective) =>
      isValue(objective) ? objective.value : [objective.hidden_NE, ...(objective.uses ?? [])],
    );
  });
  const names = namesById(model);
  const gradients = new Map<string, Tensor>();
  const losses = new Map<string, number>();
  const seeds: Seed[] = [];
  try {
    for (const group of byReadout(objectives))
      lossOfReadout(model, request, group, { names, gradients, losses, seeds });
    for (const objective of objectives.filter(isValue)) lossOfValue(request, objective, losses, seeds);
    backwardInto(recording, model, seeds, gradients);
  } catch (error) {
    for (const gradient of gradients.values()) gradient.dispose();
    throw error;
  } finally {
    for (const seed of seeds) seed.gradient.dispose();
    recording.dispose();
  }
  return { losses, gradients };
};

interface Collected {
  readonly names: ReadonlyMap<number, string>;
  readonly gradients: Map<string, Tensor>;
  readonly losses: Map<string, number>;
  readonly seeds: Seed[];
}

function lossOfReadout(
  model: LanguageModel,
  request: BackwardRequest,
  objectives: readonly RowObjective[],
  into: Collected,
): void {
  const parts = objectives.map(({ name, hidden_NE, rows, validRows }): LossPart => {
    return { hidden_NE, rows, scale: validRows > 0 ? request.weight(name) / validRows : 0 };
  });
  const { readout } = objectives[0];
  const result = model.engine.ops.linearLoss(readout, parts, { gradients: true });
  for (const [i, { name, hidden_NE, validRows }] of objectives.entries()) {
    into.seeds.push({ at: hidden_NE, gradient: result.dHidden_NE[i] });
    into.losses.set(name, validRows > 0 ? sumInOrder(result.loss_N[i]) / validRows : 0);
    result.loss_N[i].dispose();
  }
  for (const [tensor, gradient] of readoutGradients(readout, result)) {
    const name = into.names.get(tensor.id);
    // A readout may hold tensors that are not weights (a frozen or derived table): their gradient goes nowhere.
    if (name === undefined) gradient.dispose();
    else accumulate(into.gradients, name, gradient);
  }
}

function lossOfValue(
  request: BackwardRequest,
  { name, value }: ValueObjective,
  losses: Map<string, number>,
  seeds: Seed[],
): void {
  losses.set(name, value.dataSync()[0] / request.batches);
  seeds.push({ at: value, gradient: tf.scalar(request.weight(name) / request.batches) });
}

function backwardInto(
  recording: Recording<Tensor[]>,
  model: LanguageModel,
  seeds: readonly Seed[],
  gradients: Map<string, Tensor>,
): void {
  const parameters = [...model.parameters];
  const found = recording.backward(
    seeds,
    parameters.map(([, tensor]) => tensor),
  );
  for (const [i, [name]] of parameters.entries()) {
    const gradient = found[i];
    if (gradient) accumulate(gradients, name, gradient);
  }
}

/** Adds a gradient to those of a name, taking it over. */
export function accumulate(gradients: Map<string, Tensor>, name: string, gradient: Tensor): void {
  const before = gradients.get(name);
  if (!before) {
    gradients.set(name, gradient);
    return;
  }
  gradients.set(name, tf.add(before, gradient));
  before.dispose();
  gradient.dispose();
}

function namesById(model: LanguageModel): ReadonlyMap<number, string> {
  return new Map([...model.parameters].map(([name, tensor]) => [tensor.id, name]));
}

function* readoutGradients(
  { gain_E, weight_EV, bias_V }: Readout,
  { dGain_E, dWeight_EV, dBias_V }: LinearLossResult,
): Generator<[Tensor, Tensor]> {
  if (gain_E && dGain_E) yield [gain_E, dGain_E];
  if (dWeight_EV) yield [weight_EV, dWeight_EV];
  if (bias_V && dBias_V) yield [bias_V, dBias_V];
}

function isValue(objective: Objective): objective is ValueObjective {
  return 'value' in objective;
}

function byReadout(objectives: readonly Objective[]): readonly RowObjective[][] {
  const groups = new Map<Tensor, RowObjective[]>();
  for (const objective of objectives) {
    if (isValue(objective)) continue;
    const key = objective.readout.weight_EV;
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
