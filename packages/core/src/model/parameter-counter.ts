import { type Tensor, tf } from '@foretoken/engine';
import type { ParamFactory } from '../contracts/parameters.ts';

/**
 * Counts the weights that plugins ask for, in place of the store that makes them.
 *
 * What it gives out is zeros, one tensor for all weights of one shape: a model is counted in the memory of its largest
 * weights, and in no time. Use it in a tidy scope, which frees them.
 */
export class ParameterCounter {
  readonly #zeros = new Map<string, Tensor>();
  #count = 0;

  /** Single weights asked for so far. */
  get count(): number {
    return this.#count;
  }

  readonly factory: ParamFactory = <T extends Tensor>(_name: string, shape: readonly number[]) => {
    const key = shape.join();
    const zeros = this.#zeros.get(key) ?? tf.zeros([...shape] as [number]);
    this.#zeros.set(key, zeros);
    this.#count += zeros.size;
    return zeros as Tensor as T;
  };
}
