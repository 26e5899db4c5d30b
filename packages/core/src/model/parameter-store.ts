import { randomUUID } from 'node:crypto';
import { type Engine, type Tensor, tf } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import type { Initializer, ParamFactory } from '../contracts/parameters.ts';
import { createRandom } from '../random/random.ts';

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
const DEFAULT_INITIALIZER: Initializer = { kind: 'normal', standardDeviation: 0.02 };

/**
 * Every weight of one model: named, seeded from (seed, name), updated and freed here and nowhere else.
 *
 * A weight's starting values depend on its own name alone, so two arms with one seed start from the same trunk whatever
 * their heads are. Each weight is one tensor object for life, whose values are replaced in place: what a plugin keeps
 * from `param` is always current.
 */
export class ParameterStore {
  readonly #engine: Engine;
  readonly #seed: number;
  readonly #variables = new Map<string, tf.Variable>();
  // tfjs keeps variables in one table for the process: a prefix of our own lets two models live side by side.
  readonly #unique = randomUUID();

  #isSealed = false;

  constructor(engine: Engine, seed: number) {
    this.#engine = engine;
    this.#seed = seed;
  }

  /** All weights by full name, in order of creation. */
  get tensors(): ReadonlyMap<string, Tensor> {
    return this.#variables;
  }

  /** Number of single weights. */
  get count(): number {
    let count = 0;
    for (const variable of this.#variables.values()) count += variable.size;
    return count;
  }

  /** A factory whose names live under `owner/`. */
  factory(owner: string): ParamFactory {
    return <T extends Tensor>(name: string, shape: readonly number[], init: Initializer = DEFAULT_INITIALIZER) =>
      this.#create(`${owner}/${name}`, name, shape, init) as Tensor as T;
  }

  /** Ends the making of weights: optimizer and checkpoints count on what there is now. */
  seal(): void {
    this.#isSealed = true;
  }

  /**
   * Replaces the values of a weight.
   * @param value - same shape; this store takes it over
   */
  replace(name: string, value: Tensor): void {
    const variable = this.#variables.get(name);
    if (!variable) throw new ForetokenError('CHECKPOINT_MISMATCH', `the model has no parameter "${name}".`);
    if (!tf.util.arraysEqual(variable.shape, value.shape)) {
      throw new ForetokenError(
        'CHECKPOINT_MISMATCH',
        `parameter "${name}" has shape [${variable.shape}], the new value [${value.shape}].`,
      );
    }
    variable.assign(value);
    value.dispose();
  }

  /** Frees every weight. */
  dispose(): void {
    for (const variable of this.#variables.values()) variable.dispose();
    this.#variables.clear();
  }

  #create(fullName: string, name: string, shape: readonly number[], init: Initializer): tf.Variable {
    if (!NAME.test(name)) {
      throw new ForetokenError(
        'PARAMETER_INVALID',
        `parameter "${fullName}": a name is lower-case words and digits joined by "-" and ".", was "${name}".`,
      );
    }
    if (this.#isSealed) {
      throw new ForetokenError(
        'PARAMETER_INVALID',
        `parameter "${fullName}" was asked for when the model was made already. Ask for every weight in \`create\`.`,
      );
    }
    if (this.#variables.has(fullName)) {
      throw new ForetokenError('PARAMETER_DUPLICATE', `parameter "${fullName}" was asked for twice.`);
    }
    if (shape.some((size) => !Number.isInteger(size) || size < 1)) {
      throw new ForetokenError(
        'PARAMETER_INVALID',
        `parameter "${fullName}": sizes must be integers >= 1, shape was [${shape}].`,
      );
    }
    const values = initialValues(shape, init, this.#seed, fullName);
    const variable = this.#engine.tidy(() =>
      tf.variable(tf.tensor(values, [...shape]), true, `${this.#unique}:${fullName}`),
    );
    this.#variables.set(fullName, variable);
    return variable;
  }
}

function initialValues(shape: readonly number[], init: Initializer, seed: number, fullName: string): Float32Array {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  switch (init.kind) {
    case 'zeros':
      return values;
    case 'ones':
      return values.fill(1);
    case 'constant':
      return values.fill(init.value);
    case 'identity':
      return fillIdentity(values, shape, init.scale ?? 1, fullName);
    case 'normal': {
      const random = createRandom(seed, `parameter/${fullName}`);
      for (let i = 0; i < values.length; i++) values[i] = truncatedNormal(random) * init.standardDeviation;
      return values;
    }
  }
}

function truncatedNormal(random: { normal(): number }): number {
  for (;;) {
    const value = random.normal();
    if (Math.abs(value) <= 3) return value;
  }
}

function fillIdentity(values: Float32Array, shape: readonly number[], scale: number, fullName: string): Float32Array {
  const size = shape[0];
  if (shape.length !== 2 || shape[1] !== size) {
    throw new ForetokenError(
      'PARAMETER_INVALID',
      `parameter "${fullName}": an identity has two equal axes, shape was [${shape}].`,
    );
  }
  for (let i = 0; i < size; i++) values[i * size + i] = scale;
  return values;
}
