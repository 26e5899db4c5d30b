import type { Tensor } from '@foretoken/engine';
import type { HeadContext } from '../../contracts/head.ts';
import type { Initializer } from '../../contracts/parameters.ts';
import type { TrainableModel } from '../../model/build-model.ts';
import type { Definition } from '../../plugins/define.ts';
import { FLOAT64, type Measure } from '../head/finite-differences.ts';
import { FrozenStops } from '../head/frozen-stops.ts';
import { buildSmallModel, type HeadCase } from '../head/head-case.ts';
import { ReferenceOps } from './reference-ops.ts';
import { Weight64 } from './tensor64.ts';

/**
 * A number of the small model as the float64 reference computes it.
 *
 * @param value - runs the model that it is given, and gives the number
 * @returns undefined where the head calls more than the reference has: tfjs itself, or an operation without a gradient
 */
export function withReference<T>(
  head: HeadCase,
  value: (model: TrainableModel) => number,
  use: (measure: Measure | undefined) => T,
): T {
  const reference = new ReferenceOps();
  const stops = new FrozenStops(reference.ops);
  const model = buildReferenceModel(head, reference, stops);
  if (!model) return use(undefined);
  const at: Measure['at'] = (moved) => {
    reference.weights.clear();
    for (const [name, values] of moved) reference.weights.set(model.parameters.get(name)!.id, values);
    return stops.run(() => model.engine.tidy(() => value(model)));
  };
  try {
    return use(canRun(() => at(new Map())) ? { ...FLOAT64, at } : undefined);
  } finally {
    model.dispose();
  }
}

function buildReferenceModel(head: HeadCase, reference: ReferenceOps, stops: FrozenStops): TrainableModel | undefined {
  const change = (definition: Definition<'head'>): Definition<'head'> => ({
    ...definition,
    create: (context, options) => definition.create(onReference(context, reference), options),
  });
  try {
    return buildSmallModel(head, { engine: { ...head.engine, ops: stops.ops }, change });
  } catch {
    return undefined;
  }
}

/** A head's context whose weights are the reference's, so that a head which calls tfjs on one of them is found out. */
function onReference(context: HeadContext, reference: ReferenceOps): HeadContext {
  const { param, readout } = context;
  return {
    ...context,
    param: <T extends Tensor>(name: string, shape: readonly number[], init?: Initializer) =>
      reference.weight<T>(param(name, shape, init && ownInitializer(init))),
    readout: {
      ...readout,
      weight_EV: reference.weight(readout.weight_EV),
      ...(readout.gain_E && { gain_E: reference.weight(readout.gain_E) }),
    },
  };
}

/** What a weight copies is the model's own tensor. */
function ownInitializer(init: Initializer): Initializer {
  const entries = Object.entries(init).map(([key, value]) => [key, value instanceof Weight64 ? value.weight : value]);
  return Object.fromEntries(entries) as Initializer;
}

/** Whether it runs at all; why not is no fault of the head, whose float32 run says what is. */
function canRun(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
