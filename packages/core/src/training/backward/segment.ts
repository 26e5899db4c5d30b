import type { Seed, Tensor } from '@foretoken/engine';
import type { Objective } from '../../contracts/head.ts';
import type { LanguageModel } from '../../contracts/model.ts';
import type { BackwardRequest } from './backward.ts';
import type { Gathered } from './gathered.ts';
import { addLosses, takesPart, tensorsOf } from './losses.ts';

/** A part of a step that is recorded, scored, walked backwards and freed before anything else is. */
export interface Segment {
  /** Runs while the tape records; of what it gives, the terms that take part are scored. */
  forward(): readonly Objective[];
  /** Tensors from outside that it starts from and whose gradients are asked for. */
  readonly inputs: readonly Tensor[];
}

/**
 * Runs a segment. Nothing that it made is left but losses and gradients.
 * @returns a gradient per input, undefined where none flows; the caller owns them
 */
export function runSegment(
  model: LanguageModel,
  request: BackwardRequest,
  { forward, inputs }: Segment,
  into: Gathered,
): (Tensor | undefined)[] {
  let objectives: readonly Objective[] = [];
  const recording = model.engine.record(() => {
    objectives = forward().filter((objective) => takesPart(request, objective));
    return objectives.flatMap(tensorsOf);
  });
  const seeds: Seed[] = [];
  try {
    addLosses(model, request, objectives, { into, seeds });
    const { weights } = into;
    const found = recording.backward(seeds, [...weights, ...inputs]);
    addFound(into, weights, found);
    return found.slice(weights.length);
  } finally {
    for (const { gradient } of seeds) gradient.dispose();
    recording.dispose();
  }
}

/** Adds the gradients that a backward pass found for some weights. */
export function addFound(into: Gathered, weights: readonly Tensor[], found: readonly (Tensor | undefined)[]): void {
  for (const [i, weight] of weights.entries()) {
    const gradient = found[i];
    if (gradient) into.add(weight, gradient);
  }
}
