import { randomUUID } from 'node:crypto';
import { type Engine, type Tensor, tf } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import type { Initializer, ParamFactory } from '../contracts/parameters.ts';
import { type Copy, copiedValues } from './copied-values.ts';
import { initialValues } from './initial-values.ts';

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
const DEFAULT_INITIALIZER: Initializer = { kind: 'normal', standardDeviation: 0.02 };

/**
 * Every weight of one model: named, seeded from (seed, name), updated and freed here and nowhere else.
 *
 * A weight's starting values depend on its own name alone (a copy's, on the name of what it copies), so two arms with one
 * seed start from the same trunk whatever their heads are. Each weight is one tensor object for life, whose values are replaced in place: what a plugin keeps
 * from `param` is always current.
 */
export class ParameterStore {
  readonly #engine: Engine;
  readonly #seed: number | undefined;
  readonly #variables = new Map<string, tf.Variable>();
  /** By the copy's name, in order of creation: what is copied comes before its copies. */
  readonly #copies = new Map<string, Copy>();
  // tfjs keeps variables in one table for the process: a prefix of our own lets two models live side by side.
  readonly #unique = randomUUID();

  #isSealed = false;

  /** @param seed - undefined: every weight is 0, for a model that is only counted or timed, and made in no time */
  constructor(engine: Engine, seed: number | undefined) {
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
    if (!variable)
      throw new ForetokenError(
        'CHECKPOINT_MISMATCH',
        `the model has no parameter "${name}". Use weights of this configuration.`,
      );
    if (!tf.util.arraysEqual(variable.shape, value.shape)) {
      throw new ForetokenError(
        'CHECKPOINT_MISMATCH',
        `parameter "${name}" has shape [${variable.shape}], the new value [${value.shape}]. Use weights of this configuration.`,
      );
    }
    variable.assign(value);
    value.dispose();
  }

  /**
   * Gives weights other starting values, such as a finished run's. A weight that starts as a copy of one of them follows
   * it, unless it is among them itself.
   * @param values - by full name, same shapes; this store takes them over
   */
  start(values: ReadonlyMap<string, Tensor>): void {
    const started = new Set(values.keys());
    for (const [name, value] of values) this.replace(name, value);
    for (const [name, copy] of this.#copies) {
      if (started.has(name) || !started.has(copy.source)) continue;
      const { shape } = this.#variables.get(name)!;
      this.replace(
        name,
        this.#engine.tidy(() => this.#copied(name, copy, shape)),
      );
      started.add(name);
    }
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
        `parameter "${fullName}": a name must be lower-case words and digits joined by "-" and ".", was "${name}".`,
      );
    }
    if (this.#isSealed) {
      throw new ForetokenError(
        'PARAMETER_INVALID',
        `parameter "${fullName}" was asked for when the model was made already. Ask for every weight in \`create\`.`,
      );
    }
    if (this.#variables.has(fullName)) {
      throw new ForetokenError(
        'PARAMETER_DUPLICATE',
        `parameter "${fullName}" was asked for twice. Give each weight its own name.`,
      );
    }
    if (shape.some((size) => !Number.isInteger(size) || size < 1)) {
      throw new ForetokenError(
        'PARAMETER_INVALID',
        `parameter "${fullName}": sizes must be integers >= 1, shape was [${shape}].`,
      );
    }
    const variable = this.#engine.tidy(() =>
      tf.variable(this.#starting(fullName, shape, init), true, `${this.#unique}:${fullName}`),
    );
    this.#variables.set(fullName, variable);
    return variable;
  }

  #starting(fullName: string, shape: readonly number[], init: Initializer): Tensor {
    if (this.#seed === undefined) return tf.zeros([...shape] as [number]);
    if (init.kind !== 'copy') return tf.tensor(initialValues(shape, init, this.#seed, fullName), [...shape]);
    const source = [...this.#variables].find(([, variable]) => variable === init.of)?.[0];
    if (source === undefined) {
      throw new ForetokenError(
        'PARAMETER_INVALID',
        `parameter "${fullName}": what it copies must be a parameter of the same model, made before it.`,
      );
    }
    const copy: Copy = { source, columns: init.columns };
    const values = this.#copied(fullName, copy, shape);
    this.#copies.set(fullName, copy);
    return values;
  }

  #copied(fullName: string, { source, columns }: Copy, shape: readonly number[]): Tensor {
    return tf.tensor(copiedValues(this.#variables.get(source)!, columns, shape, fullName), [...shape]);
  }
}
