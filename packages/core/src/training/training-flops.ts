// T positions, E readout input width.
import { type Tensor2D, tf } from '@foretoken/engine';
import type { Experiment } from '../config/experiment.ts';
import type { Objective, RowObjective } from '../contracts/head.ts';
import type { LanguageModel } from '../contracts/model.ts';
import type { Moment } from '../contracts/training.ts';
import { type ForwardFlops, forwardFlops, withFlopWindow } from '../model/flops.ts';
import { forwardOffsets } from '../model/forward.ts';
import { discoverTerms, objectivesOf, type Targets } from './objectives.ts';
import { rateIn } from './parameter-groups.ts';

/** Floating-point operations of a model per token, at the context length. */
export interface FlopsPerToken {
  /** Trunk, every offset and its readout, once. */
  readonly forward: number;
  /** What a training step costs, on average over the training. */
  readonly training: number;
}

/** What decides which steps a training has, and what trains in each. */
export interface FlopsSettings extends Pick<Experiment['training'], 'steps' | 'groups' | 'distil'> {
  /** The horizon of a step, an integer from 1. Default: always the full one. */
  horizonAt?(moment: Moment): number;
}

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
 * A term that weighs 0, and so sits out, counts all the same. What an engine computes again, a measurement between two steps, and what a plugin does with tfjs directly, is not seen.
 *
 * @source the backward pass as twice the forward: Kaplan et al. 2020, arXiv:2001.08361, sec. 2.1
 */
export function flopsPerToken(model: LanguageModel, settings: FlopsSettings): FlopsPerToken {
  return flopsCounter(model, settings).perToken(settings);
}

/** Counts one model for several trainings: steps that are alike are counted once. */
export interface FlopsCounter {
  perToken(settings: Omit<FlopsSettings, 'distil'>): FlopsPerToken;
}

/** @param distil - what the head learns from in all trainings */
export function flopsCounter(model: LanguageModel, { distil }: Pick<FlopsSettings, 'distil'>): FlopsCounter {
  const flops = forwardFlops(model);
  const { trunk, offset, readout } = flops;
  /** Of one step, by horizon and what trains. */
  const known = new Map<string, number>();
  return {
    perToken({ steps, groups, horizonAt = () => model.dims.horizon }) {
      const alike = new Map<string, number>();
      for (let step = 0; step < steps; step++) {
        const horizon = horizonAt({ step, steps });
        const trained = Object.entries(groups ?? {}).map(
          ([name, { rate, start }]) => rate > 0 && step >= start && name,
        );
        const kind = `${horizon} ${groups ? trained : 'all'}`;
        if (!known.has(kind)) known.set(kind, stepFlops(model, flops, { groups, step, horizon, distil }));
        alike.set(kind, (alike.get(kind) ?? 0) + 1);
      }
      const total = [...alike].reduce((sum, [kind, count]) => sum + count * known.get(kind)!, 0);
      return {
        forward: model.offsets.reduce((sum, i) => sum + offset(i) + readout(i), trunk),
        training: total / steps,
      };
    },
  };
}

/** One step as it is counted. */
interface CountedStep extends Pick<FlopsSettings, 'groups' | 'distil'> {
  readonly step: number;
  readonly horizon: number;
}

function stepFlops(
  model: LanguageModel,
  { trunk, offset }: ForwardFlops,
  { groups, step, horizon, distil }: CountedStep,
): number {
  const offsets = model.offsets.filter((i) => i <= horizon);
  const rateOf = rateIn(groups, step);
  const trains: Trains = (parameter) => rateOf(parameter) > 0;
  const anyOf = (owner: string) => [...model.parameters.keys()].some((name) => name.startsWith(owner) && trains(name));
  const isTrunkTrained = groups === undefined || anyOf('trunk/');
  const isHeadTrained = isTrunkTrained || anyOf('head/');
  // A head that arranges the trunk's input has weights below the trunk: gradients go all the way down to them.
  const trunkPasses = isTrunkTrained || (model.head.arrange && isHeadTrained) ? PASSES : 1;
  const heads = offsets.reduce((sum, i) => sum + offset(i), 0);
  return trunkPasses * trunk + (isHeadTrained ? PASSES : 1) * heads + lossFlops(model, offsets, distil, trains);
}

/** Of the loss terms of some offsets, with their gradients. */
function lossFlops(
  model: LanguageModel,
  offsets: readonly number[],
  distil: FlopsSettings['distil'],
  trains: Trains,
): number {
  let flops = 0;
  withFlopWindow(model, (input) => {
    const result = forwardOffsets(model, input, offsets);
    let objectives: readonly Objective[] = [];
    const onTape = model.engine.countFlops(() => {
      objectives = objectivesOf(model, result, flopTargets(model), offsets, distil);
    });
    flops = PASSES * onTape;
    for (const objective of objectives) if ('rows' in objective) flops += rowFlops(model, objective, trains);
  });
  return flops / model.dims.context;
}

/** Token 0 everywhere, as in the window that operations are counted on. */
function flopTargets({ dims: { context: T } }: LanguageModel): Targets {
  return { target: () => new Int32Array(T), validTargets: () => T };
}

/** Names of a model's loss terms at the full horizon, without data: what weightings and schedules start with. */
export function termNames(model: LanguageModel): readonly string[] {
  let names: readonly string[] = [];
  withFlopWindow(model, (input) => {
    names = discoverTerms(model, () => ({ input, targets: flopTargets(model) })).map(({ name }) => name);
  });
  return names;
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
