import { createNodes, type Tensor, tf } from '@foretoken/engine';
import type { TrainableModel } from '../../model/build-model.ts';
import { type ForwardResult, forwardOffsets } from '../../model/forward.ts';
import { createRandom } from '../../random/random.ts';
import { broken, type HeadCheck } from './check.ts';
import { FrozenStops } from './frozen-stops.ts';
import { buildSmallModel } from './head-case.ts';
import { runHead } from './run-head.ts';
import { smallText } from './small-text.ts';

/** Largest relative difference between the two derivatives; float32 finite differences cannot tell better. */
const TOLERANCE = 2e-3;
const STEP = 0.02;

/**
 * Each of the head's weights by itself, the trunk's together, along a direction that has a random part, so that a
 * gradient which is too short, missing or points elsewhere shows.
 */
export const gradientsAreRight: HeadCheck = {
  title: 'has gradients that agree with finite differences',
  run(head) {
    const stops = new FrozenStops(head.engine.ops);
    const model = buildSmallModel(head, { ...head.engine, ops: stops.ops });
    try {
      const value = () => {
        stops.rewind();
        return runHead(model, probe);
      };
      value();
      stops.rewind();
      const gradients = backward(model);
      for (const [who, names] of groups(model)) {
        const { direction, slope } = along(model, names, gradients);
        const at = (step: number) => nudged(model, direction, step, value);
        const central = (step: number) => (at(step) - at(-step)) / (2 * step);
        // Richardson: the error of second order cancels.
        const measured = (4 * central(STEP / 2) - central(STEP)) / 3;
        if (Math.abs(measured - slope) <= TOLERANCE * (Math.max(Math.abs(measured), Math.abs(slope)) + 1)) continue;
        throw broken(
          head,
          `the gradient of ${who} says ${slope} along a direction in which the output changes by ${measured}.`,
        );
      }
    } finally {
      model.dispose();
    }
  },
};

/** Each weight outside the trunk by itself, the trunk's in one. */
function groups(model: TrainableModel): [string, string[]][] {
  const names = [...model.parameters.keys()];
  const isTrunk = (name: string) => name.startsWith('trunk/');
  return [
    ...names.filter((name) => !isTrunk(name)).map((name): [string, string[]] => [`weight "${name}"`, [name]]),
    ['the trunk’s weights', names.filter(isTrunk)],
  ];
}

/** One number that depends on every hidden state: their sum under fixed random signs and sizes. */
function probe({ offsets }: ForwardResult): number {
  let sum = 0;
  for (const [offset, { hidden_BTE }] of offsets) {
    const values = hidden_BTE.dataSync();
    probeOf(offset, values.length).forEach((weight, i) => {
      sum += weight * values[i];
    });
  }
  return sum;
}

function probeOf(offset: number, size: number): Float32Array {
  const random = createRandom(5, `contract/probe/${offset}`);
  return Float32Array.from({ length: size }, () => random.normal());
}

/** Gradient of {@link probe} at every weight, on the host. */
function backward(model: TrainableModel): ReadonlyMap<string, Float32Array> {
  const tokens = smallText(model.dims.maxOffset);
  const at = createNodes(tokens);
  const random = createRandom(4, 'contract/batch');
  const recording = model.engine.record(() =>
    [...forwardOffsets(model, { tokens, at, random }, model.offsets).offsets].map(([offset, made]) => ({
      offset,
      hidden: made.hidden_BTE as Tensor,
    })),
  );
  const seeds = recording.outputs.map(({ offset, hidden }) => ({
    at: hidden,
    gradient: tf.tensor(probeOf(offset, hidden.size), hidden.shape),
  }));
  try {
    const gradients = recording.backward(seeds, [...model.parameters.values()]);
    return new Map(
      [...model.parameters].map(([name, weight], i) => {
        const values = Float32Array.from(gradients[i]?.dataSync() ?? new Float32Array(weight.size));
        gradients[i]?.dispose();
        return [name, values];
      }),
    );
  } finally {
    for (const { gradient } of seeds) gradient.dispose();
    recording.dispose();
    at.dispose();
  }
}

/** A direction of length 1 through some weights, half along the gradient, half at random; and the slope along it. */
function along(model: TrainableModel, names: readonly string[], gradients: ReadonlyMap<string, Float32Array>) {
  const gradient = names.flatMap((name) => [...gradients.get(name)!]);
  const random = createRandom(6, `contract/direction/${names[0]}`);
  const noise = gradient.map(() => random.normal());
  const mixed = unit(unit(gradient).map((x, i) => x + unit(noise)[i]));
  const slope = mixed.reduce((sum, x, i) => sum + x * gradient[i], 0);
  let start = 0;
  const direction = new Map<string, number[]>();
  for (const name of names) {
    const { size } = model.parameters.get(name)!;
    direction.set(name, mixed.slice(start, start + size));
    start += size;
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
  const before = new Map(
    [...direction.keys()].map((name) => [name, Float32Array.from(model.parameters.get(name)!.dataSync())]),
  );
  const set = (name: string, values: Float32Array) =>
    model.store.replace(name, tf.tensor(values, model.parameters.get(name)!.shape));
  for (const [name, values] of before)
    set(
      name,
      values.map((x, i) => x + step * direction.get(name)![i]),
    );
  const result = value();
  for (const [name, values] of before) set(name, values);
  return result;
}
