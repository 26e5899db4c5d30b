import type { Choice } from './level-choice.ts';

/** What a stretch is begun with. */
export interface StretchStart {
  /** Absent where nothing was measured. */
  readonly choice: Choice | undefined;
  readonly levels: number;
  /** Steps for which it may go on. */
  readonly steps: number;
  readonly rows: number;
  /** Levels that may be drafted at most. */
  readonly most: number;
  /** Seconds that a step with those levels was measured to take; undefined where none was. */
  readonly measured: number | undefined;
  /** By what factor a step takes longer as far as is known, and beyond which one tells of what held it up. */
  readonly expected: number;
  readonly mostFactor: number;
  /**
   * Levels of the step before: offsets beyond them have something to read first, and a step with another number finds caches
   * and compiled code as those left them.
   */
  readonly before: number;
}

/** Steps without levels that are timed; those after them take as long. */
const TIMED_OF_NONE = 8;

/**
 * Steps that draft alike, one after the other, and what they took: it is thought over once for all of them, since thinking
 * takes as long as a small model's layer.
 */
export class Stretch {
  readonly start: StretchStart;
  /** Steps that are over, and the seconds of all of them. */
  steps = 0;
  seconds = 0;
  /** Tokens of all rows. */
  tokens = 0;
  /** Rows that had not drafted before: their offsets read the whole prompt first. */
  newcomers = 0;
  /** Steps that had nothing to read and followed one alike, and the sum of their factors; none counts for more than the most. */
  timed = 0;
  factors = 0;
  /** Seconds by which those that had something to read took longer than was expected. */
  excess = 0;
  /** Whether every row of every step drafted all levels, and every draft had one node a level. */
  isWhole = true;
  isChain = true;

  /** Outcomes that are counted and not looked at: a step without levels must cost nothing. */
  #quiet = 0;
  #isUnderWay = false;
  #outcomes = 0;
  #started = 0;
  #seconds = 0;
  #isWholeStep = true;
  /** Whether the step under way has something to read. */
  #isLate: boolean;

  constructor(start: StretchStart) {
    this.start = start;
    this.#isLate = start.levels > start.before;
  }

  /** Whether the next outcomes need no more than to be counted, as long as the batch stays as it is. */
  isQuiet(rows: number): boolean {
    return this.#quiet > 0 && rows === this.start.rows;
  }

  /** Whether a step has begun that is not over. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** Whether a step is under way of which outcomes are known. */
  get hasOutcomes(): boolean {
    return this.#outcomes > 0;
  }

  /** Whether it goes on with the next step. */
  goesOn(rows: number, most: number): boolean {
    const { start } = this;
    return this.steps < start.steps && start.rows === rows && start.most === most;
  }

  /** A step begins, at a number of milliseconds. */
  begin(now: number): void {
    this.#isUnderWay = true;
    this.#started = now;
    this.#outcomes = 0;
    this.#isWholeStep = true;
  }

  /** What came of a row's draft where nothing was drafted, and nothing has to be known of it. */
  count(): void {
    this.#quiet--;
    this.tokens++;
    if (this.#quiet % this.start.rows !== 0) return;
    this.seconds += this.seconds / this.steps;
    this.steps++;
  }

  /** A row of the step under way drafts for the first time. */
  join(): void {
    this.newcomers++;
    this.#isLate = true;
  }

  /**
   * What came of a row's draft.
   *
   * @param now - asked for the first row's outcome, with which the step is over
   * @returns outcomes of the step so far
   */
  add(outcome: { levels: number; nodes: number; tokens: number }, now: () => number): number {
    if (this.#outcomes === 0) this.#seconds = (now() - this.#started) / 1_000;
    if (outcome.levels !== this.start.levels) this.#isWholeStep = false;
    if (outcome.nodes !== outcome.levels) this.isChain = false;
    this.tokens += outcome.tokens;
    this.#outcomes++;
    return this.#outcomes;
  }

  /** The step under way is over. */
  end(): void {
    const { measured, expected, mostFactor, levels, before } = this.start;
    const seconds = this.#seconds;
    this.#isUnderWay = false;
    this.#outcomes = 0;
    this.steps++;
    this.seconds += seconds;
    if (!this.#isWholeStep) this.isWhole = false;
    else if (measured !== undefined && this.#isLate && levels > 0) this.excess += seconds - measured * expected;
    // A clock may be too coarse for a step.
    else if (measured !== undefined && seconds > 0 && (this.steps > 1 || levels === before)) {
      const factor = seconds / measured;
      this.factors += Math.min(factor, mostFactor);
      this.timed++;
    }
    this.#isLate = false;
    if (levels === 0 && this.steps === TIMED_OF_NONE) this.#quiet = (this.start.steps - this.steps) * this.start.rows;
  }
}
