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
/** Steps alike that are taken in together: an update takes as long as a small model's layer. */
const MOST_UNREAD = 4;

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
  /** Steps with one number of levels that were seen and not taken in yet: their surprises together. */
  readonly #unread = { level: 0, steps: 0, surprise: 0, last: 0 };

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
    this.#settle();
    return Math.exp(this.#log[level]);
  }

  /** The same by what was taken in so far: costs nothing at every step. */
  settledFactor(level: number): number {
    return Math.exp(this.#log[level]);
  }

  /** @returns standard deviation of the logarithm of the ratio of two levels' times, at a step */
  spread(level: number, other: number, step: number): number {
    if (level === other) return 0;
    this.#settle();
    const own = this.#covariance[level][level] + this.#covariance[other][other] - 2 * this.#covariance[level][other];
    return Math.sqrt(own + 2 * OWN_DRIFT ** 2 * Math.max(0, step - this.#seenAt));
  }

  /**
   * Notes a step. It is taken in with a few more of its kind, or when somebody asks.
   *
   * @param ratio - its seconds over those measured
   * @param step - its number: what has passed since the last widens what is thought possible
   */
  observe(level: number, ratio: number, step: number): void {
    const unread = this.#unread;
    if (unread.level !== level || unread.steps === MOST_UNREAD) this.#settle();
    const most = MOST_SURPRISE * Math.sqrt(this.#covariance[level][level] + STEP_SPREAD ** 2);
    unread.surprise += Math.min(Math.log(ratio) - this.#log[level], most);
    unread.level = level;
    unread.steps++;
    unread.last = step;
  }

  /** Takes in what was noted: n steps alike are one of the n-th part of the variance, and cost one update. */
  #settle(): void {
    const { level, steps, surprise, last } = this.#unread;
    if (steps === 0) return;
    this.#unread.steps = 0;
    this.#unread.surprise = 0;
    this.#drift(Math.max(0, last - this.#seenAt));
    this.#seenAt = last;
    const own_K = this.#covariance[level];
    const total = own_K[level] + STEP_SPREAD ** 2 / steps;
    const gain_K = own_K.map((shared) => shared / total);
    for (let k = 0; k < gain_K.length; k++) {
      this.#log[k] += (gain_K[k] * surprise) / steps;
      const row_K = this.#covariance[k];
      // `own_K` itself is one of the rows: what it was is its gain times the total.
      for (let other = 0; other < row_K.length; other++) row_K[other] -= gain_K[k] * gain_K[other] * total;
    }
  }

  #drift(steps: number): void {
    const common = Math.min(COMMON_SPREAD ** 2, steps * COMMON_DRIFT ** 2);
    for (let k = 0; k < this.#covariance.length; k++) {
      const row_K = this.#covariance[k];
      for (let other = 0; other < row_K.length; other++) row_K[other] += common;
      row_K[k] += steps * OWN_DRIFT ** 2;
    }
  }
}
