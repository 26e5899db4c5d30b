// K levels beside none: arrays of K + 1.

/** Standard deviation of the logarithm of one step's time. */
const STEP_SPREAD = 0.15;
/** What all levels drift by together from step to step: the text grows, others use the machine. */
const COMMON_DRIFT = 0.03;
/** What each drifts by itself. */
const OWN_DRIFT = 0.004;
/** How uncertain the common factor is at first, and at most. */
const COMMON_SPREAD = 0.5;
/** Correlation of what is wrong with the times of neighbouring numbers of levels. */
const ALIKE = 0.7;
/** Standard deviations by which one step may be longer than was expected: beyond them something else held it up. */
const MOST_SURPRISE = 2;

/**
 * By what factor the steps of a generation take longer than was measured, number of levels by number of levels.
 *
 * All drift together, and each a little by itself. So a step with one number of levels tells of all of them: what is
 * compared are times of the same moment, never a new one with one from when the text was shorter.
 *
 * @source Kalman 1960, J. Basic Eng. 82(1): logarithms of factors as a random walk; the clipped surprise is ours
 */
export class TimeCorrections {
  readonly #log: Float64Array;
  readonly #covariance: Float64Array[];
  #seenAt = 0;

  /**
   * @param spread - how far what was measured may be off, as the standard deviation of the logarithm, by number of levels
   */
  constructor(spread: readonly number[]) {
    this.#log = new Float64Array(spread.length);
    this.#covariance = spread.map((own, k) =>
      Float64Array.from(spread, (theirs, other) => COMMON_SPREAD ** 2 + own * theirs * ALIKE ** Math.abs(k - other)),
    );
  }

  /** @returns what measured seconds with so many levels are multiplied by */
  factor(level: number): number {
    return Math.exp(this.#log[level]);
  }

  /** @returns standard deviation of the logarithm of the ratio of two levels' times, at a step */
  spread(level: number, other: number, step: number): number {
    if (level === other) return 0;
    const own = this.#covariance[level][level] + this.#covariance[other][other] - 2 * this.#covariance[level][other];
    return Math.sqrt(own + 2 * OWN_DRIFT ** 2 * Math.max(0, step - this.#seenAt));
  }

  /**
   * Takes in a step.
   *
   * @param ratio - its seconds over those measured
   * @param step - its number: what has passed since the last widens what is thought possible
   */
  observe(level: number, ratio: number, step: number): void {
    this.#drift(Math.max(0, step - this.#seenAt));
    this.#seenAt = step;
    const own_K = this.#covariance[level];
    const total = own_K[level] + STEP_SPREAD ** 2;
    const surprise = Math.min(Math.log(ratio) - this.#log[level], MOST_SURPRISE * Math.sqrt(total));
    const gain_K = own_K.map((shared) => shared / total);
    for (const [k, gain] of gain_K.entries()) {
      this.#log[k] += gain * surprise;
      const row_K = this.#covariance[k];
      // `own_K` itself is one of the rows: what it was is its gain times the total.
      for (let other = 0; other < row_K.length; other++) row_K[other] -= gain * gain_K[other] * total;
    }
  }

  #drift(steps: number): void {
    const common = Math.min(COMMON_SPREAD ** 2, steps * COMMON_DRIFT ** 2);
    for (const [k, row_K] of this.#covariance.entries()) {
      for (let other = 0; other < row_K.length; other++) row_K[other] += common;
      row_K[k] += steps * OWN_DRIFT ** 2;
    }
  }
}
