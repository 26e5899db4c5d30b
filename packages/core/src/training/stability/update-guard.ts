import type { Engine } from '@foretoken/engine';
import { type Findings, firstBad, largestOf, type Named, tellLargest } from './sound-step.ts';

/** Largest finite float32. */
const LARGEST = 2 ** 128 - 2 ** 104;
/**
 * Above any |m| / (sqrt(v) + epsilon) of AdamW from finite gradients: with beta1 < sqrt(beta2) it is a small number, and the rest is
 * for betas at their worst.
 */
const LARGEST_MOVE = 1e6;
/** Updates between two looks at what needs none: for what a plugin or a kernel may have written meanwhile. */
const LOOK_EVERY = 32;

/** An update that is about to be made, of gradients that are finite. */
export interface Update {
  /** Every weight, whether it moves now or not. */
  weights(): readonly Named[];
  moments(): readonly Named[];
  /** The largest of any parameter in this step. */
  readonly learningRate: number;
  readonly weightDecay: number;
}

/**
 * Knows whether an update can be made and leaves everything finite. It is asked before, since kernels update in place.
 *
 * Weights and moments are read when the training starts, goes back to a checkpoint or goes on after a skipped step, and now and then.
 * Between, they are finite because they were before and because of how far an update can go: that costs nothing.
 */
export class UpdateGuard {
  readonly #engine: Engine;
  /** No weight is larger; undefined: not known. */
  #reach: number | undefined;
  #updates = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Weights or moments are others now. */
  forget(): void {
    this.#reach = undefined;
  }

  /** @returns why the update must not be made; undefined where it may be, and then it counts as made */
  refuses(update: Update): Findings | undefined {
    const { learningRate, weightDecay } = update;
    const after = (largest: number) => largest * Math.abs(1 - learningRate * weightDecay) + learningRate * LARGEST_MOVE;
    if (this.#reach === undefined || this.#updates % LOOK_EVERY === 0 || !(after(this.#reach) <= LARGEST)) {
      const bad = this.#look(update);
      if (bad !== undefined) return bad;
    }
    const reach = after(this.#reach!);
    if (!(reach <= LARGEST)) {
      const what = [`an update at learning rate ${learningRate} could take a weight beyond float32`];
      return { what, isOfBefore: false, largestWeight: tellLargest(update.weights()) };
    }
    this.#reach = reach;
    this.#updates++;
    return undefined;
  }

  /** One reading for all tensors; a look at single values only if that one is not finite. */
  #look({ weights, moments }: Update): Findings | undefined {
    const all = [...weights(), ...moments()];
    const { tidy, ops } = this.#engine;
    const squares = tidy(() => ops.sumOfSquares(all.map(([, tensor]) => tensor)).dataSync()[0]);
    if (Number.isFinite(squares)) {
      this.#reach = Math.sqrt(squares);
      return undefined;
    }
    // A sum that leaves float32 may still be one of finite values.
    const bad = firstBad(all);
    this.#reach = bad === undefined ? largestOf(weights()).value : undefined;
    return bad === undefined ? undefined : { what: [bad], isOfBefore: true };
  }
}
