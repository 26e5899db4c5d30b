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

/** How far an operation may be from the reference, or a kernel from its composite. */
export const TOLERANCE = { forward: 1e-5, gradient: 1e-4 } as const;

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

/** Directions in which an input is moved: up to {@link MAX_SLOPES} single entries, then one that moves every entry. */
function directionsOf(values: Float64Array): Float64Array[] {
  const next = uniforms(values.length);
  const everywhere = values.map(() => 2 * next() - 1);
  const stride = Math.max(1, Math.ceil(values.length / MAX_SLOPES));
  const single = Array.from({ length: Math.ceil(values.length / stride) }, (_, index) =>
    values.map((_value, at) => (at === index * stride ? 1 : 0)),
  );
  return [...single, everywhere];
}

/** What the reference says of a case: the same for every engine, so it is worked out once. */
class Expectation {
  readonly inputs: readonly Array64[];
  readonly result: Array64;
  /** Factors of the results in the sum whose gradient is taken. */
  readonly weights: Array64;
  private readonly opCase: OpCase;
  private readonly slopes: number[][] = [];

  constructor(opCase: OpCase) {
    const next = seededBy(opCase.name);
    this.opCase = opCase;
    this.inputs = inputsOf(opCase, next);
    this.result = opCase.reference(...this.inputs);
    this.weights = randomArray(this.result.shape, next);
  }

  /** Slopes of sum(weights * f(inputs)) along the directions of one input, by central differences of the reference. */
  slopesOf(which: number): readonly number[] {
    this.slopes[which] ??= directionsOf(this.inputs[which].values).map((direction) => this.slope(which, direction));
    return this.slopes[which];
  }

  private slope(which: number, direction: Float64Array): number {
    const { values, shape } = this.inputs[which];
    const step = 1e-5;
    const at = (sign: number): number => {
      const moved = { shape, values: values.map((entry, index) => entry + sign * step * direction[index]) };
      return dot(this.opCase.reference(...this.inputs.with(which, moved)).values, this.weights.values);
    };
    return (at(1) - at(-1)) / (2 * step);
  }
}

const expectations = new WeakMap<OpCase, Expectation>();

function expectationOf(opCase: OpCase): Expectation {
  const expectation = expectations.get(opCase) ?? new Expectation(opCase);
  expectations.set(opCase, expectation);
  return expectation;
}

function judgeGradients(engine: Engine, opCase: OpCase, expectation: Expectation, tensors: Tensor[]): number[] {
  const recording = engine.record(() => opCase.run(engine.ops, tensors, engine));
  const seed = tensorOf(expectation.weights);
  const gradients = recording.backward([{ at: recording.outputs, gradient: seed }], tensors);
  const errors = gradients.map((gradient, which) => {
    const { shape, values } = expectation.inputs[which];
    if (gradient === undefined || !tf.util.arraysEqual(gradient.shape, [...shape])) return Number.POSITIVE_INFINITY;
    const claimed = Float64Array.from(gradient.dataSync());
    const along = directionsOf(values).map((direction) => dot(direction, claimed));
    return relativeError(along, expectation.slopesOf(which));
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
  const expectation = expectationOf(opCase);
  const { inputs, result: expected } = expectation;
  const before = engine.memory().numTensors;
  const tensors = inputs.map((input) => tensorOf(input));
  const result = engine.tidy(() => opCase.run(engine.ops, tensors, engine));
  const hasShape = tf.util.arraysEqual(result.shape, [...expected.shape]);
  const forward = hasShape ? relativeError(result.dataSync(), expected.values) : Number.POSITIVE_INFINITY;
  result.dispose();
  const gradients = opCase.hasGradient === false ? [] : judgeGradients(engine, opCase, expectation, tensors);
  tf.dispose(tensors);
  return { forward, gradients, leakedTensors: engine.memory().numTensors - before };
}

/** How far two engines of one backend are from each other in a case's result and its gradients, relative to the largest value. */
export function compare(a: Engine, b: Engine, opCase: OpCase): Omit<Judgement, 'leakedTensors'> {
  const [left, right] = [a, b].map((engine) => {
    const inputs = inputsOf(opCase).map((input) => tensorOf(input));
    const recording = engine.record(() => opCase.run(engine.ops, inputs, engine));
    const gradient = tensorOf(randomArray(recording.outputs.shape, uniforms(1)));
    const wrt = opCase.hasGradient === false ? [] : inputs;
    const gradients = recording.backward([{ at: recording.outputs, gradient }], wrt);
    const flows = gradients.filter((flow) => flow !== undefined);
    const values = [recording.outputs, ...flows].map((tensor) => tensor.dataSync());
    tf.dispose([gradient, ...inputs, ...flows]);
    recording.dispose();
    return values;
  });
  const [forward, ...gradients] = left.map((values, index) => relativeError(values, right[index]));
  return { forward, gradients };
}
