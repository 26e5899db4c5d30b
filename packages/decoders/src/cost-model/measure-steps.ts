// Times whole steps of a session on rows that are made up for it.
import {
  type DraftPolicy,
  EventLoopTurns,
  type Kept,
  type Random,
  type Session,
  type Tree,
} from '@foretoken/core/plugin';
import { oneChild } from '../fixed/chain.ts';

/** What is measured. */
export interface StepMeasurement {
  /** Rows of the largest batch. */
  readonly rows: number;
  readonly promptTokens: number;
  /** Levels at most. */
  levels(at: Parameters<DraftPolicy['grow']>[3]): number;
  /** Milliseconds, as of `performance.now`. */
  readonly clock: () => number;
  /** Milliseconds that may go by; the fewest steps that say anything are taken in any case. */
  readonly budgetMs: number;
  /** Ends it before the next step. */
  readonly signal?: AbortSignal;
}

/** Sweeps over the levels at most, and at least. */
const MOST_SWEEPS = 9;
const LEAST_SWEEPS = 2;
/** Tokens of room that measuring wants in a row, and the least with which it can be done. */
const WANTED_ROOM = 160;
const LEAST_ROOM = 48;
/** Tokens of all rows together that are made up at most: filling the memory of a large batch takes longer than its steps. */
const MOST_TOKENS = 2048;
/** Levels that are measured at most. */
const MOST_LEVELS = 16;

/** Times of whole steps. */
export interface MeasuredSteps {
  /** Levels that the model drafts, at most 16. */
  readonly levels: number;
  /** By rows, then by levels; empty where the model's context has no room to measure in. */
  readonly seconds: ReadonlyMap<number, ReadonlyMap<number, number>>;
  /** Seconds in which offsets read so many tokens, level by level, that they had not read. */
  readonly reading: { readonly seconds: number; readonly tokens: number };
}

/**
 * Measures one whole step (draft, verify, commit) by the number of levels drafted, at the batch size asked for, at 1, and
 * in the middle: rows leave as they finish.
 *
 * One made-up prompt is read and forked into as many rows, so a large batch costs no more prefill than a small one. Half of
 * each draft is kept. Levels are measured in sweeps from many to none, the second of two steps each, so that none is measured
 * with what it has to catch up with; where time is short, deep ones are left out. The session is left empty.
 *
 * @param session - without rows
 * @returns lower quartiles: what disturbs a step makes it longer
 * @throws the signal's reason
 */
export async function measureSteps(session: Session, measurement: StepMeasurement): Promise<MeasuredSteps> {
  const { rows, clock, budgetMs } = measurement;
  const sizes = [...new Set([1, Math.round(Math.sqrt(rows)), rows])];
  const stepper = new Stepper(session, measurement);
  const seconds = new Map<number, Map<number, number>>();
  let levels = 0;
  try {
    levels = await stepper.start();
    for (const [index, size] of levels < 0 ? [] : sizes.entries()) {
      // The batch that was asked for gets most of the time, the smaller ones share the rest.
      const share = index === sizes.length - 1 ? 0.7 : 0.3 / (sizes.length - 1);
      const until = clock() + budgetMs * (sizes.length === 1 ? 1 : share);
      seconds.set(size, await measureSize(stepper, size, levels, () => (until - clock()) / 1_000));
    }
  } finally {
    for (const row of [...session.rows]) session.leave(row);
  }
  return { levels, seconds, reading: stepper.readingBeyond(seconds.get(1)?.get(levels) ?? 0) };
}

/** @param secondsLeft - asked before every sweep */
async function measureSize(
  stepper: Stepper,
  size: number,
  most: number,
  secondsLeft: () => number,
): Promise<Map<number, number>> {
  await stepper.resize(size);
  // A first sweep says how deep there is time for: all others are alike, so that none is flattered by more samples.
  const [none, one = none] = [...(await sweep(stepper, sweptLevels(Math.min(1, most))))].reverse();
  const left = secondsLeft() / LEAST_SWEEPS;
  const swept = sweptLevels(most).filter((levels) => levels <= 1 || sweepSeconds(levels, none, one) <= left);
  const sweeps: number[][] = [];
  while (sweeps.length < LEAST_SWEEPS || (sweeps.length < MOST_SWEEPS && secondsLeft() > 0)) {
    sweeps.push(await sweep(stepper, swept));
  }
  return new Map(swept.map((levels, index) => [levels, lowerQuartile(sweeps.map((seconds) => seconds[index]))]));
}

/** @returns seconds of a step with each number of levels, which are falling */
async function sweep(stepper: Stepper, swept: readonly number[]): Promise<number[]> {
  const seconds: number[] = [];
  for (const levels of swept) {
    // The first reads what offsets have not read for a while, and finds caches as another number of levels left them.
    await stepper.step(levels);
    seconds.push(await stepper.step(levels));
  }
  return seconds;
}

/** From the most to none; beyond four, where one level is a small part of a step, some are left out. */
function sweptLevels(most: number): number[] {
  return [...[0, 1, 2, 3, 4, 6, 8, 12, 16].filter((levels) => levels < most), most].reverse();
}

/** Seconds of a sweep from so many levels down, if every level takes as long as the first. */
function sweepSeconds(levels: number, none: number, one: number): number {
  return sweptLevels(levels).reduce((sum, depth) => sum + 2 * (none + Math.max(0, one - none) * depth), 0);
}

const NO_READING = { seconds: 0, tokens: 0 };

/** Takes steps on made-up rows. */
class Stepper {
  readonly #session: Session;
  readonly #measurement: StepMeasurement;
  readonly #turns = new EventLoopTurns();
  #rows = 1;
  /** Of the step in which every offset read the prompt; the shortest. */
  #firstDraft = { seconds: Number.POSITIVE_INFINITY, tokens: 0 };

  constructor(session: Session, measurement: StepMeasurement) {
    this.#session = session;
    this.#measurement = measurement;
  }

  /** @returns levels that the model drafts at most; -1 where there is no room to measure in */
  async start(): Promise<number> {
    this.#join();
    if (this.#session.room(this.#session.rows[0]) < LEAST_ROOM) return -1;
    return this.#warm();
  }

  /** Makes the batch this many copies of one row. */
  async resize(rows: number): Promise<void> {
    this.#rows = rows;
    await this.#fill();
  }

  /** @returns seconds of one step */
  async step(levels: number): Promise<number> {
    if (this.#session.room(this.#session.rows[0]) < levels + 2) await this.#fill();
    return (await this.#timed(levels)).seconds;
  }

  /** @param seconds - of a step with as many levels that has nothing to read @returns what reading took beyond that */
  readingBeyond(seconds: number): MeasuredSteps['reading'] {
    const { tokens } = this.#firstDraft;
    return tokens === 0 ? NO_READING : { seconds: Math.max(0, this.#firstDraft.seconds - seconds), tokens };
  }

  async #fill(): Promise<void> {
    const session = this.#session;
    if (session.room(session.rows[0]) < WANTED_ROOM / 2) {
      for (const row of [...session.rows]) session.leave(row);
      this.#join();
      await this.#warm();
    }
    session.fork(Array.from({ length: this.#rows }, () => session.rows[0]));
  }

  #join(): void {
    const { promptTokens, rows } = this.#measurement;
    const most = Math.min(Math.ceil(MOST_TOKENS / rows), this.#session.context - WANTED_ROOM);
    const length = Math.max(1, Math.min(promptTokens, most));
    this.#session.join({ tokens: new Int32Array(length) });
  }

  /** Lets every offset read the prompt, once for all copies to come. @returns levels that were drafted */
  async #warm(): Promise<number> {
    await this.#timed(0);
    const prompt = this.#session.context - this.#session.room(this.#session.rows[0]);
    const { drafted, seconds } = await this.#timed(MOST_LEVELS);
    if (seconds < this.#firstDraft.seconds) this.#firstDraft = { seconds, tokens: drafted * prompt };
    return drafted;
  }

  /** @returns levels that were drafted, and the seconds of that step */
  async #timed(levels: number): Promise<{ drafted: number; seconds: number }> {
    await this.#turn();
    const { clock } = this.#measurement;
    const started = clock();
    const drafted = await this.#step(levels);
    return { drafted, seconds: (clock() - started) / 1_000 };
  }

  /** Lets signals and timers have a turn, outside of what is timed. */
  async #turn(): Promise<void> {
    await this.#turns.take();
    this.#measurement.signal?.throwIfAborted();
  }

  /** @returns levels that were drafted */
  async #step(levels: number): Promise<number> {
    const session = this.#session;
    const trees = await session.draft(this.#upTo(levels), noRandom);
    await session.verify(trees);
    session.commit(trees.map(halfOf));
    return Math.max(...trees.map(({ tokens }) => tokens.length));
  }

  /** First choices: which tokens come costs nothing either way. */
  #upTo(levels: number): DraftPolicy {
    const most = this.#measurement.levels;
    return {
      grow: (_tree, frontier, _p, at) => (at.level > Math.min(levels, most(at)) ? [] : oneChild(frontier, false)),
    };
  }
}

const halfOf = ({ tokens }: Tree): Kept => ({
  path: Int32Array.from({ length: Math.floor(tokens.length / 2) }, (_, node) => node),
  next: 0,
});

const noRandom = (): Random => {
  throw new Error('a chain of first choices draws nothing');
};

/** The value itself, the lowest of up to four: where there are few, one that something held up must not move it. */
function lowerQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 4)];
}
