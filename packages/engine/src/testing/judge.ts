import type { Engine } from '../engine.ts';
import type { Ops } from '../ops/contract.ts';
import { type Array64, fill } from '../reference/index.ts';
import { type Tensor, tf } from '../tensor.ts';

/** One operation on inputs of given shapes, with what the float64 reference says of it. */
export interface OpCase {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  /** Maps a number from [-2, 2) to an input value; keeps inputs off kinks and inside domains. Default: as it is. */
  readonly domain?: (value: number, input: number) => number;
  readonly run: (ops: Ops, inputs: readonly Tensor[], engine: Engine) => Tensor;
  readonly reference: (...inputs: Array64[]) => Array64;
  /** False where the operation has no gradient. */
  readonly hasGradient?: boolean;
}

/** How far an operation is from the reference, each relative to the largest value of the reference. */
export interface Judgement {
  readonly forward: number;
  /** One per input; empty for an operation without a gradient. */
  readonly gradients: readonly number[];
  readonly leakedTensors: number;
}

/** A small seeded generator (mulberry32): uniform in [0, 1). */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  };
}

/** Random values of a shape, exact in float32, from [-2, 2) through `domain`. */
export function randomArray(
  shape: readonly number[],
  next: () => number,
  domain: (value: number) => number = (value) => value,
): Array64 {
  return fill(shape, () => Math.fround(domain(4 * next() - 2)));
}

/** A float32 tensor with an array's values. */
export function tensorOf<T extends Tensor>({ values, shape }: Array64): T {
  return tf.tensor(Float32Array.from(values), [...shape], 'float32') as Tensor as T;
}

/** Largest difference relative to the largest expected value, or to 0.01 where all are smaller. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let largest = 1e-2;
  for (let index = 0; index < expected.length; index++) {
    const distance = Math.abs(actual[index] - expected[index]);
    difference = distance > difference || Number.isNaN(distance) ? distance : difference;
    largest = Math.max(largest, Math.abs(expected[index]));
  }
  return actual.length === expected.length ? difference / largest : Number.POSITIVE_INFINITY;
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, index) => sum + value * b[index], 0);

/** Entries whose slope is measured one by one; a direction through all entries covers the rest. */
const MAX_SLOPES = 24;

/**
 * Slopes of sum(weights * f(inputs)) by central differences of the reference: along up to {@link MAX_SLOPES} single
 * entries of one input, then along one direction that moves every entry; and the same of a gradient.
 */
function slopes(
  { reference }: OpCase,
  inputs: readonly Array64[],
  which: number,
  weights: Array64,
  gradient: Float64Array,
) {
  const { values, shape } = inputs[which];
  const value = (moved: Float64Array) =>
    dot(reference(...inputs.with(which, { shape, values: moved })).values, weights.values);
  const next = uniforms(values.length);
  const everywhere = values.map(() => 2 * next() - 1);
  const stride = Math.max(1, Math.ceil(values.length / MAX_SLOPES));
  const single = Array.from({ length: Math.ceil(values.length / stride) }, (_, index) =>
    values.map((_value, at) => (at === index * stride ? 1 : 0)),
  );
  const directions = [...single, everywhere];
  const step = 1e-5;
  const measured = directions.map((direction) => {
    const at = (sign: number) => value(values.map((entry, index) => entry + sign * step * direction[index]));
    return (at(1) - at(-1)) / (2 * step);
  });
  return { measured, claimed: directions.map((direction) => dot(direction, gradient)) };
}

function judgeGradients(
  engine: Engine,
  opCase: OpCase,
  inputs: readonly Array64[],
  tensors: Tensor[],
  weights: Array64,
) {
  const recording = engine.record(() => opCase.run(engine.ops, tensors, engine));
  const seed = tensorOf(weights);
  const gradients = recording.backward([{ at: recording.outputs, gradient: seed }], tensors);
  const errors = gradients.map((gradient, which) => {
    if (gradient === undefined || !tf.util.arraysEqual(gradient.shape, [...inputs[which].shape]))
      return Number.POSITIVE_INFINITY;
    const { measured, claimed } = slopes(opCase, inputs, which, weights, Float64Array.from(gradient.dataSync()));
    return relativeError(claimed, measured);
  });
  tf.dispose([seed, ...gradients.filter((gradient) => gradient !== undefined)]);
  recording.dispose();
  return errors;
}

/** The inputs of a case, the same in every run. */
function inputsOf({ name, shapes, domain }: OpCase, next = seededBy(name)): Array64[] {
  return shapes.map((shape, input) => randomArray(shape, next, domain && ((value: number) => domain(value, input))));
}

const seededBy = (name: string): (() => number) =>
  uniforms([...name].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) | 0, 7));

/** Runs one case on an engine and measures it against the reference. */
export function judge(engine: Engine, opCase: OpCase): Judgement {
  const next = seededBy(opCase.name);
  const before = engine.memory().numTensors;
  const inputs = inputsOf(opCase, next);
  const expected = opCase.reference(...inputs);
  const tensors = inputs.map((input) => tensorOf(input));
  const result = engine.tidy(() => opCase.run(engine.ops, tensors, engine));
  const hasShape = tf.util.arraysEqual(result.shape, [...expected.shape]);
  const forward = hasShape ? relativeError(result.dataSync(), expected.values) : Number.POSITIVE_INFINITY;
  result.dispose();
  const weights = randomArray(expected.shape, next);
  const gradients = opCase.hasGradient === false ? [] : judgeGradients(engine, opCase, inputs, tensors, weights);
  tf.dispose(tensors);
  return { forward, gradients, leakedTensors: engine.memory().numTensors - before };
}

/** How far two engines of one backend are from each other in a case's result and its gradients, relative to the largest value. */
export function compare(a: Engine, b: Engine, opCase: OpCase): Omit<Judgement, 'leakedTensors'> {
  const [left, right] = [a, b].map((engine) => {
    const inputs = inputsOf(opCase).map((input) => tensorOf(input));
    const recording = engine.record(() => opCase.run(engine.ops, inputs, engine));
    const gradient = tensorOf(randomArray(recording.outputs.shape, uniforms(1)));
    const gradients = recording.backward([{ at: recording.outputs, gradient }], inputs);
    const flows = gradients.filter((flow) => flow !== undefined);
    const values = [recording.outputs, ...flows].map((tensor) => tensor.dataSync());
    tf.dispose([gradient, ...inputs, ...flows]);
    recording.dispose();
    return values;
  });
  const [forward, ...gradients] = left.map((values, index) => relativeError(values, right[index]));
  return { forward, gradients };
}
