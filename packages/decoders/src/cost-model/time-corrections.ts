// K levels beside none: arrays of K + 1.

/** Standard deviation of the logarithm of one step's time. */
const STEP_SPREAD = 0.15;
/** What all levels drift by together from step to step: the text grows, others use the machine. */
const COMMON_DRIFT = 0.03;
/** What each drifts by itself. */
const OWN_DRIFT = 0.004;
/** By what share of its first variance a step makes uncertain what all steps take alike: code gets compiled. */
const OVERHEAD_DRIFT = 0.001;
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
  readonly #gain_K: Float64Array;
  readonly #overhead_K: readonly number[];
  #seenAt = 0;

  /**
   * @param spread - how far what was measured may be off, as the standard deviation of the logarithm, by number of levels
   * @param overhead_K - the same for a time by which all steps alike are longer or shorter: more of a step that is short
   */
  constructor(spread: readonly number[], overhead_K: readonly number[] = spread.map(() => 0)) {
    this.#log = new Float64Array(spread.length);
    this.#overhead_K = overhead_K;
    this.#gain_K = new Float64Array(spread.length);
    this.#covariance = spread.map((own, k) =>
      Float64Array.from(
        spread,
        (theirs, other) =>
          COMMON_SPREAD ** 2 + overhead_K[k] * overhead_K[other] + own * theirs * ALIKE ** Math.abs(k - other),
      ),
    );
  }

  /** @returns what measured seconds with so many levels are multiplied by */
  factor(level: number): number {
    return Math.exp(this.#log[level]);
  }

  /** @returns the factor beyond which one step tells of what held it up, not of what steps take */
  most(level: number): number {
    return Math.exp(this.#log[level] + MOST_SURPRISE * Math.sqrt(this.#covariance[level][level] + STEP_SPREAD ** 2));
  }

  /** @returns standard deviation of the logarithm of the ratio of two levels' times, at a step */
  spread(level: number, other: number, step: number): number {
    if (level === other) return 0;
    const own = this.#covariance[level][level] + this.#covariance[other][other] - 2 * this.#covariance[level][other];
    const apart = this.#overhead_K[level] - this.#overhead_K[other];
    const drift = 2 * OWN_DRIFT ** 2 + OVERHEAD_DRIFT * apart ** 2;
    return Math.sqrt(own + drift * Math.max(0, step - this.#seenAt));
  }

  /**
   * Takes in steps with one number of levels: n of them alike are one of the n-th part of the variance.
   *
   * @param ratio - their mean seconds over those measured
   * @param last - the number of the last of them: what has passed since those before widens what is thought possible
   */
  observe(level: number, ratio: number, steps: number, last: number): void {
    const surprise = Math.log(ratio) - this.#log[level];
    this.#drift(Math.max(0, last - this.#seenAt));
    this.#seenAt = last;
    const own_K = this.#covariance[level];
    const total = own_K[level] + STEP_SPREAD ** 2 / steps;
    const gain_K = this.#gain_K;
    for (let k = 0; k < gain_K.length; k++) gain_K[k] = own_K[k] / total;
    for (let k = 0; k < gain_K.length; k++) {
      this.#log[k] += gain_K[k] * surprise;
      const row_K = this.#covariance[k];
      const scaled = gain_K[k] * total;
      // `own_K` itself is one of the rows: what it was is its gain times the total.
      for (let other = 0; other < row_K.length; other++) row_K[other] -= scaled * gain_K[other];
    }
  }

  #drift(steps: number): void {
    const common = Math.min(COMMON_SPREAD ** 2, steps * COMMON_DRIFT ** 2);
    const overhead_K = this.#overhead_K;
    for (let k = 0; k < this.#covariance.length; k++) {
      const row_K = this.#covariance[k];
      const overhead = steps * OVERHEAD_DRIFT * overhead_K[k];
      for (let other = 0; other < row_K.length; other++) row_K[other] += common + overhead * overhead_K[other];
      row_K[k] += steps * OWN_DRIFT ** 2;
    }
  }
}
