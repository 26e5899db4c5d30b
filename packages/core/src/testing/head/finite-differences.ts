import { tf } from '@foretoken/engine';
import type { TrainableModel } from '../../model/build-model.ts';
import { createRandom } from '../../random/random.ts';

/** Values of some weights, by name. */
export type Weights = ReadonlyMap<string, Float64Array>;

/** One number as a function of a model's weights, and how well its differences can judge a gradient. */
export interface Measure {
  /** @param moved - values that stand in for those of the model */
  at(moved: Weights): number;
  /** What it is computed in, for messages. */
  readonly precision: 'float64' | 'float32';
  /** Largest relative difference between two right derivatives. */
  readonly tolerance: number;
  /** A gradient that is wrong is so at every step; where a long one bends too much, the next may agree. */
  readonly steps: readonly number[];
  /** Order of the differences' error in the step: 4 costs twice the runs of 2, and allows steps that float32 can see. */
  readonly order: 2 | 4;
}

/** Differences in float64: the promise of every gradient. */
export const FLOAT64 = { precision: 'float64', tolerance: 1e-4, steps: [1e-4, 1e-6], order: 2 } as const;
/** Differences in float32 cannot tell better. */
export const FLOAT32 = { precision: 'float32', tolerance: 2e-3, steps: [0.02, 0.005], order: 4 } as const;

/** Weights that are moved together, and what a message calls them. */
export interface WeightGroup {
  readonly who: string;
  readonly names: readonly string[];
}

/**
 * Groups each weight that `together` does not take by itself, and the others by what it says. The head's come first: a
 * gradient that it breaks is wrong in the trunk as well.
 */
export function groupWeights(model: TrainableModel, together: (name: string) => string | undefined): WeightGroup[] {
  const groups = new Map<string, string[]>();
  const isHead = (name: string) => Number(name.startsWith('head/'));
  for (const name of [...model.parameters.keys()].sort((a, b) => isHead(b) - isHead(a))) {
    const who = together(name) ?? `weight "${name}"`;
    groups.set(who, [...(groups.get(who) ?? []), name]);
  }
  return [...groups].map(([who, names]) => ({ who, names }));
}

/**
 * Compares gradients with finite differences, each group along one direction: half along the gradient, half at random,
 * so that a gradient which is too short, missing or points elsewhere shows.
 *
 * @param gradients - by weight; a missing one is zero
 * @param options.scale - size of a difference in slope that means nothing in float32
 * @returns the first disagreement as a sentence; undefined if there is none
 */
export function compareGradients(
  model: TrainableModel,
  groups: readonly WeightGroup[],
  { gradients, measure, scale }: { gradients: ReadonlyMap<string, Float32Array>; measure: Measure; scale: number },
): string | undefined {
  for (const { who, names } of groups) {
    const line = along(model, names, gradients);
    const { slope } = line;
    const allowed = (measured: number) => measure.tolerance * (Math.max(Math.abs(measured), Math.abs(slope)) + scale);
    const agrees = (measured: number) => Math.abs(measured - slope) <= allowed(measured);
    let measured = Number.NaN;
    for (const step of measure.steps) {
      measured = slopeOf((length) => measure.at(line.at(length)), step, measure.order);
      if (agrees(measured)) break;
    }
    if (agrees(measured)) continue;
    return (
      `the gradient of ${who} says ${slope} along a direction in which the value changes by ${measured} ` +
      `(${measure.precision} differences). Mend the gradient of what it flows through: \`ops\` bring their own, ` +
      'a value that was read to the host and put back has none.'
    );
  }
  return undefined;
}

/** A float32 measure: `value()` with the model's weights replaced, and put back again. */
export function nudging(model: TrainableModel, value: () => number): Measure {
  const replace = (weights: ReadonlyMap<string, ArrayLike<number>>) => {
    for (const [name, values] of weights) {
      model.store.replace(name, tf.tensor(Float32Array.from(values), model.parameters.get(name)!.shape));
    }
  };
  return {
    ...FLOAT32,
    at(moved) {
      const before = new Map([...moved.keys()].map((name) => [name, valuesOf(model, name)]));
      replace(moved);
      try {
        return value();
      } finally {
        replace(before);
      }
    },
  };
}

/** Slope at 0 by central differences; for order 4, of two steps, so that the error of second order cancels (Richardson). */
function slopeOf(at: (length: number) => number, step: number, order: Measure['order']): number {
  const central = (length: number) => (at(length) - at(-length)) / (2 * length);
  return order === 2 ? central(step) : (4 * central(step / 2) - central(step)) / 3;
}

/** A direction of length 1 through some weights: the slope along it, and the weights at a distance. */
function along(model: TrainableModel, names: readonly string[], gradients: ReadonlyMap<string, Float32Array>) {
  const starts = names.map((name) => valuesOf(model, name));
  const gradient = names.flatMap((name, i) => [...(gradients.get(name) ?? new Float32Array(starts[i].length))]);
  const random = createRandom(6, `contract/direction/${names[0]}`);
  const noise = unit(gradient.map(() => random.normal()));
  const mixed = unit(unit(gradient).map((x, i) => x + noise[i]));
  const slope = mixed.reduce((sum, x, i) => sum + x * gradient[i], 0);
  const at = (length: number): Weights => {
    let next = 0;
    return new Map(names.map((name, i) => [name, starts[i].map((value) => value + length * mixed[next++])]));
  };
  return { slope, at };
}

function valuesOf(model: TrainableModel, name: string): Float64Array {
  return Float64Array.from(model.parameters.get(name)!.dataSync());
}

function unit(values: readonly number[]): readonly number[] {
  const length = Math.hypot(...values);
  return length === 0 ? values : values.map((value) => value / length);
}
