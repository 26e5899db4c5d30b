import type { Ops, Tensor } from '@foretoken/engine';
import { type HostTensor, toHost } from './run-head.ts';

/**
 * Ops whose `stopGradient` gives in every run what it gave in the first one.
 *
 * Finite differences would otherwise see through it: they move what a backward pass holds still.
 */
export class FrozenStops {
  readonly ops: Ops;
  readonly #values: HostTensor[] = [];
  #next = 0;

  constructor(ops: Ops) {
    this.ops = { ...ops, stopGradient: <T extends Tensor>(x: T): T => this.#stop(ops, x) };
  }

  /** Call before each run. */
  rewind(): void {
    this.#next = 0;
  }

  #stop<T extends Tensor>(ops: Ops, x: T): T {
    const at = this.#next++;
    this.#values[at] ??= toHost(x);
    return ops.constant<T>(this.#values[at].values, this.#values[at].shape);
  }
}
