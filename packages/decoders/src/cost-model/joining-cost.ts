/** Tokens of a row over which it is averaged how often rows join. */
const TOKENS = 1000;
/** Joins over which it is averaged what one costs. */
const JOINS = 16;

/** What rows that join cost: the first time that a row drafts, every offset reads its prompt. */
export class JoiningCost {
  #joinsPerToken = 0;
  #tokens = 0;
  #secondsPerLevel = 0;
  #joins = 0;

  /**
   * Takes in a step.
   *
   * @param newcomers - rows that had not drafted before
   * @param tokens - emitted, of all rows, at least one
   * @param excess - seconds beyond those of a step without newcomers
   */
  observe(levels: number, newcomers: number, tokens: number, excess: number): void {
    this.#tokens = Math.min(TOKENS, this.#tokens + tokens);
    this.#joinsPerToken += (newcomers / tokens - this.#joinsPerToken) * Math.min(1, tokens / this.#tokens);
    if (newcomers === 0 || levels === 0) return;
    this.#joins = Math.min(JOINS, this.#joins + newcomers);
    const share = Math.min(1, newcomers / this.#joins);
    this.#secondsPerLevel += (excess / (newcomers * levels) - this.#secondsPerLevel) * share;
  }

  /** @returns seconds that a step with so many levels and tokens of all rows takes longer for the rows that join */
  perStep(levels: number, tokens: number): number {
    return Math.max(0, this.#secondsPerLevel) * levels * this.#joinsPerToken * tokens;
  }
}
