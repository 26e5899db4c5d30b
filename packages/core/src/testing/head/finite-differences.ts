import { tf } from '@foretoken/engine';
import type { TrainableModel } from '../../model/build-model.ts';
import { createRandom } from '../../random/random.ts';

/** Largest relative difference between the two derivatives; float32 finite differences cannot tell better. */
const TOLERANCE = 2e-3;
/** A gradient that is wrong is so at every step; where a long one bends too much, the next may agree. */
const STEPS = [0.02, 0.005];

/** Weights that are moved together, and what a message calls them. */
export interface WeightGroup {
  readonly who: string;
  readonly names: readonly string[];
}

/** Groups each weight that `together` does not take by itself, and the others by what it says. */
export function groupWeights(model: TrainableModel, together: (name: string) => string | undefined): WeightGroup[] {
  const groups = new Map<string, string[]>();
  for (const name of model.parameters.keys()) {
    const who = together(name) ?? `weight "${name}"`;
    groups.set(who, [...(groups.get(who) ?? []), name]);
  }
  return [...groups].map(([who, names]) => ({ who, names }));
}

/**
 * Compares gradients with finite differences of `value`, each group along one direction: half along the gradient, half
 * at random, so that a gradient which is too short, missing or points elsewhere shows.
 *
 * @param gradients - by weight; a missing one is zero
 * @param scale - size of a difference in slope that means nothing
 * @returns the first disagreement as a sentence; undefined if there is none
 */
export function compareGradients(
  model: TrainableModel,
  groups: readonly WeightGroup[],
  { gradients, value, scale }: { gradients: ReadonlyMap<string, Float32Array>; value: () => number; scale: number },
): string | undefined {
  for (const { who, names } of groups) {
    const { direction, slope } = along(model, names, gradients);
    const scaleOf = (measured: number) => Math.max(Math.abs(measured), Math.abs(slope)) + scale;
    const agrees = (measured: number) => Math.abs(measured - slope) <= TOLERANCE * scaleOf(measured);
    let measured = Number.NaN;
    for (const step of STEPS) {
      measured = slopeOf((length) => nudged(model, direction, length, value), step);
      if (agrees(measured)) break;
    }
    if (agrees(measured)) continue;
    return `the gradient of ${who} says ${slope} along a direction in which the value changes by ${measured}.`;
  }
  return undefined;
}

/** Slope at 0 by central differences of two steps: the error of second order cancels (Richardson). */
function slopeOf(at: (length: number) => number, step: number): number {
  const central = (length: number) => (at(length) - at(-length)) / (2 * length);
  return (4 * central(step / 2) - central(step)) / 3;
}

/** A direction of length 1 through some weights, and the slope along it. */
function along(model: TrainableModel, names: readonly string[], gradients: ReadonlyMap<string, Float32Array>) {
  const sizes = names.map((name) => model.parameters.get(name)!.size);
  const gradient = names.flatMap((name, i) => [...(gradients.get(name) ?? new Float32Array(sizes[i]))]);
  const random = createRandom(6, `contract/direction/${names[0]}`);
  const noise = unit(gradient.map(() => random.normal()));
  const mixed = unit(unit(gradient).map((x, i) => x + noise[i]));
  const slope = mixed.reduce((sum, x, i) => sum + x * gradient[i], 0);
  let start = 0;
  const direction = new Map<string, readonly number[]>();
  for (const [i, name] of names.entries()) {
    direction.set(name, mixed.slice(start, start + sizes[i]));
    start += sizes[i];
  }
  return { direction, slope };
}

function unit(values: readonly number[]): readonly number[] {
  const length = Math.hypot(...values);
  return length === 0 ? values : values.map((value) => value / length);
}

/** `value()` with the weights moved along a direction, and back again. */
function nudged(
  model: TrainableModel,
  direction: ReadonlyMap<string, readonly number[]>,
  step: number,
  value: () => number,
): number {
  const before = [...direction.keys()].map((name) => {
    const weight = model.parameters.get(name)!;
    return { name, shape: weight.shape, values: Float32Array.from(weight.dataSync()) };
  });
  for (const { name, shape, values } of before) {
    const moved = values.map((x, i) => x + step * direction.get(name)![i]);
    model.store.replace(name, tf.tensor(moved, shape));
  }
  const result = value();
  for (const { name, shape, values } of before) model.store.replace(name, tf.tensor(values, shape));
  return result;
}
