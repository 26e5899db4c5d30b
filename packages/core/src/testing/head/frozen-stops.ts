import type { EngineOps, Tensor } from '@foretoken/engine';

/**
 * Ops whose results without a gradient (`stopGradient`, `readoutLogits`) are in every run what they were in the first.
 *
 * Finite differences would otherwise see through them: they move what a backward pass holds still.
 */
export class FrozenStops {
  readonly ops: EngineOps;
  readonly #values: { readonly values: Float64Array; readonly shape: readonly number[] }[] = [];
  #next = 0;

  constructor(ops: EngineOps) {
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

  #freeze<T extends Tensor>(ops: EngineOps, make: () => T): T {
    const at = this.#next++;
    this.#values[at] ??= copyOf(make());
    const { values, shape } = this.#values[at];
    // The float64 reference keeps every digit of it; an engine rounds to what it was.
    return ops.constant<T>(values as ArrayLike<number> as readonly number[], shape);
  }
}

const copyOf = (tensor: Tensor) => ({ values: Float64Array.from(tensor.dataSync()), shape: [...tensor.shape] });
