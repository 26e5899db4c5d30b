// T positions, E readout input width.
import { type Tensor2D, tf } from '@foretoken/engine';
import type { Experiment } from '../config/experiment.ts';
import type { Objective, RowObjective } from '../contracts/head.ts';
import type { LanguageModel } from '../contracts/model.ts';
import { forwardFlops, withFlopWindow } from '../model/flops.ts';
import { forwardOffsets } from '../model/forward.ts';
import { objectivesOf } from './objectives.ts';
import { rateIn } from './parameter-groups.ts';

/** Floating-point operations of a model per token, at the context length and the full horizon. */
export interface FlopsPerToken {
  /** Trunk, every offset and its readout, once. */
  readonly forward: number;
  /** What a training step costs, on average over the training. */
  readonly training: number;
}

type Settings = Pick<Experiment['training'], 'steps' | 'groups' | 'distil'>;

/** Whether a parameter trains. */
type Trains = (parameter: string) => boolean;

/** The product itself, and the gradients of its two factors. */
const PASSES = 3;

/**
 * Counts the floating-point operations per token of a forward pass and of a training step (see {@link forwardFlops}):
 * three times the forward pass for what trains or has something that trains below it, once for a trunk or head that has
 * not. The losses count as they run: three times the readout of every term, twice where the readout is frozen, and a
 * teacher's logits. Groups of parameters that start later count from their first step on.
 *
 * A horizon schedule may train fewer offsets: counted is the full horizon. What an engine computes again, and what a
 * plugin does with tfjs directly, is not seen.
 *
 * @source the backward pass as twice the forward: Kaplan et al. 2020, arXiv:2001.08361, sec. 2.1
 */
export function flopsPerToken(model: LanguageModel, settings: Settings): FlopsPerToken {
  const { steps, groups } = settings;
  const { trunk, offset, readout } = forwardFlops(model);
  const sum = (flops: (offset: number) => number) => model.offsets.reduce((total, i) => total + flops(i), 0);
  const heads = sum(offset);
  const stepFlops = (step: number): number => {
    const rateOf = rateIn(groups, step);
    const trains: Trains = (parameter) => rateOf(parameter) > 0;
    const anyOf = (owner: string) =>
      [...model.parameters.keys()].some((name) => name.startsWith(owner) && trains(name));
    const trunkPasses = groups === undefined || anyOf('trunk/') ? PASSES : 1;
    const headPasses = trunkPasses === PASSES || anyOf('head/') ? PASSES : 1;
    return trunkPasses * trunk + headPasses * heads + lossFlops(model, settings, trains);
  };
  const starts = Object.values(groups ?? {}).map(({ start }) => Math.min(start, steps));
  const bounds = [...new Set([0, ...starts, steps])].sort((a, b) => a - b);
  const spent = bounds.slice(1).map((end, i) => (end - bounds[i]) * stepFlops(bounds[i]));
  return {
    forward: trunk + heads + sum(readout),
    training: spent.reduce((total, flops) => total + flops, 0) / steps,
  };
}

/** Of all loss terms, with their gradients. */
function lossFlops(model: LanguageModel, { distil }: Settings, trains: Trains): number {
  const { context: T } = model.dims;
  const targets = { target: () => new Int32Array(T), validTargets: () => T };
  let flops = 0;
  withFlopWindow(model, (input) => {
    const result = forwardOffsets(model, input, model.offsets);
    let objectives: readonly Objective[] = [];
    const onTape = model.engine.countFlops(() => {
      objectives = objectivesOf(model, result, targets, model.offsets, distil);
    });
    flops = PASSES * onTape;
    for (const objective of objectives) if ('rows' in objective) flops += rowFlops(model, objective, trains);
  });
  return flops / T;
}

/** Every row costs the same, so one is run. */
function rowFlops({ engine, parameters }: LanguageModel, objective: RowObjective, trains: Trains): number {
  const { hidden_NE, readout, rows } = objective;
  const [N, E] = hidden_NE.shape;
  const own = new Set([readout.gain_E, readout.weight_EV, readout.bias_V]);
  // The reference model, whose weights have no names, trains as a whole.
  const named = [...parameters].filter(([, tensor]) => own.has(tensor as Tensor2D)).map(([name]) => name);
  const options = { gradients: true, frozenReadout: named.length > 0 && !named.some(trains) };
  const one = { hidden_NE: tf.slice(hidden_NE, [0, 0], [1, E]) as Tensor2D, rows, scale: 1 };
  return N * engine.countFlops(() => void engine.ops.linearLoss(readout, [one], options));
}
