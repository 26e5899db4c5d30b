import type { Ops, Tensor } from '@foretoken/engine';
import { type HostTensor, toHost } from './run-head.ts';

/**
 * Ops whose results without a gradient (`stopGradient`, `readoutLogits`) are in every run what they were in the first.
 *
 * Finite differences would otherwise see through them: they move what a backward pass holds still.
 */
export class FrozenStops {
  readonly ops: Ops;
  readonly #values: HostTensor[] = [];
  #next = 0;

  constructor(ops: Ops) {
    this.ops = {
      ...ops,
      stopGradient: (x) => this.#freeze(ops, () => x),
      readoutLogits: (hidden_NE, readout) => this.#freeze(ops, () => ops.readoutLogits(hidden_NE, readout)),
    };
  }

  /** Runs a forward; the first one decides. */
  run<T>(work: () => T): T {
    this.#next = 0;
    return work();
  }

  #freeze<T extends Tensor>(ops: Ops, make: () => T): T {
    const at = this.#next++;
    this.#values[at] ??= toHost(make());
    return ops.constant<T>(this.#values[at].values, this.#values[at].shape);
  }
}
