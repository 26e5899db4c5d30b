// T positions, E readout input width.
import { type Tensor2D, tf } from '@foretoken/engine';
import type { Experiment, ParameterGroup } from '../config/experiment.ts';
import type { Objective, RowObjective } from '../contracts/head.ts';
import type { LanguageModel } from '../contracts/model.ts';
import { forwardFlops, withFlopWindow } from '../model/flops.ts';
import { forwardOffsets } from '../model/forward.ts';
import { objectivesOf } from './objectives.ts';

/** Floating-point operations of a model per token, at the context length and the full horizon. */
export interface FlopsPerToken {
  /** Trunk, every offset and its readout, once. */
  readonly forward: number;
  /** What a training step costs. */
  readonly training: number;
}

/** The product itself, and the gradients of its two factors. */
const PASSES = 3;

/**
 * Counts the floating-point operations per token of a forward pass and of a training step (see {@link forwardFlops}):
 * three times the forward pass for what trains, once for what is frozen and has nothing that trains below it. A step
 * runs the readout of every loss term, three times each, whatever is frozen.
 *
 * A horizon schedule may train fewer offsets: counted is the full horizon. A group of parameters that starts later is
 * counted from the first step on. What an engine computes again, and what a plugin does with tfjs directly, is not seen.
 *
 * @source the backward pass as twice the forward: Kaplan et al. 2020, arXiv:2001.08361, sec. 2.1
 */
export function flopsPerToken(
  model: LanguageModel,
  { groups }: Pick<Experiment['training'], 'groups'> = {},
): FlopsPerToken {
  const { trunk, offset, readout } = forwardFlops(model);
  const trains = (group: ParameterGroup) => groups === undefined || groups[group].rate > 0;
  const sum = (flops: (offset: number) => number) => model.offsets.reduce((total, i) => total + flops(i), 0);
  const trunkPasses = trains('trunk') ? PASSES : 1;
  const headPasses = trains('trunk') || trains('head') ? PASSES : 1;
  return {
    forward: trunk + sum(offset) + sum(readout),
    training: trunkPasses * trunk + headPasses * sum(offset) + lossFlops(model),
  };
}

/** Of all loss terms, with their gradients. */
function lossFlops(model: LanguageModel): number {
  const { context: T } = model.dims;
  const targets = { target: () => new Int32Array(T), validTargets: () => T };
  let flops = 0;
  withFlopWindow(model, (input) => {
    const result = forwardOffsets(model, input, model.offsets);
    let objectives: readonly Objective[] = [];
    const onTape = model.engine.countFlops(() => {
      objectives = objectivesOf(model, result, targets, model.offsets);
    });
    flops = PASSES * onTape;
    for (const objective of objectives) if ('rows' in objective) flops += rowFlops(model, objective);
  });
  return flops / T;
}

/** Every row costs the same, so one is run. */
function rowFlops({ engine }: LanguageModel, { hidden_NE, readout, rows }: RowObjective): number {
  const [N, E] = hidden_NE.shape;
  const one = { hidden_NE: tf.slice(hidden_NE, [0, 0], [1, E]) as Tensor2D, rows, scale: 1 };
  return N * engine.countFlops(() => void engine.ops.linearLoss(readout, [one], { gradients: true }));
}
