// Times whole steps of a session on rows that are made up for it.
import { setImmediate } from 'node:timers/promises';
import type { DraftPolicy, Kept, Random, Session, Tree } from '@foretoken/core/plugin';
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

/** Times that a step of one kind is measured at most, and those of none and all levels at least. */
const MOST_REPEATS = 9;
const LEAST_REPEATS = 2;
/** Tokens of room that measuring wants in a row, and the least with which it can be done. */
const WANTED_ROOM = 160;
const LEAST_ROOM = 48;
/** Tokens of all rows together that are made up at most: filling the memory of a large batch takes longer than its steps. */
const MOST_TOKENS = 2048;
/** Levels that are measured at most. */
const MOST_LEVELS = 16;

/**
 * Measures one whole step (draft, verify, commit) by the number of levels drafted, at the batch size asked for, at 1, and
 * in the middle: rows leave as they finish.
 *
 * One made-up prompt is read and forked into as many rows, so a large batch costs no more prefill than a small one. Half of
 * each draft is kept. Where time is short, levels in the middle are left out. The session is left empty.
 *
 * @param session - without rows
 * @returns by rows, then by levels, at most 16: median seconds; empty where the model's context has no room for it
 * @throws the signal's reason
 */
export async function measureSteps(
  session: Session,
  measurement: StepMeasurement,
): Promise<Map<number, Map<number, number>>> {
  const { rows, clock, budgetMs } = measurement;
  const sizes = [...new Set([1, Math.round(Math.sqrt(rows)), rows])];
  const stepper = new Stepper(session, measurement);
  const found = new Map<number, Map<number, number>>();
  try {
    if (!(await stepper.start())) return found;
    for (const [index, size] of sizes.entries()) {
      // The batch that was asked for gets half of the time, the smaller ones share the rest.
      const share = index === sizes.length - 1 ? 0.5 : 0.5 / (sizes.length - 1);
      const until = clock() + budgetMs * (sizes.length === 1 ? 1 : share);
      found.set(size, await measureSize(stepper, size, () => clock() < until));
    }
  } finally {
    for (const row of [...session.rows]) session.leave(row);
  }
  return found;
}

/** @param hasTime - asked before every step that could be done without */
async function measureSize(stepper: Stepper, size: number, hasTime: () => boolean): Promise<Map<number, number>> {
  const most = await stepper.resize(size);
  const order = fromEnds(most);
  const needed = new Set([0, most]);
  const samples = new Map<number, number[]>();
  for (let repeat = 0; repeat < MOST_REPEATS; repeat++) {
    for (const levels of order) {
      const isNeeded = repeat < LEAST_REPEATS && needed.has(levels);
      if (!isNeeded && !hasTime()) continue;
      samples.set(levels, [...(samples.get(levels) ?? []), await stepper.step(levels)]);
    }
  }
  return new Map([...samples].map(([levels, seconds]) => [levels, median(seconds)]));
}

/** 0, the most, and then always the middle of what lies between: what comes last can best be done without. */
function fromEnds(most: number): number[] {
  const order = [...new Set([0, most])];
  let gaps: [number, number][] = [[0, most]];
  while (order.length <= most) {
    gaps = gaps.flatMap(([low, high]): [number, number][] => {
      const middle = Math.floor((low + high) / 2);
      if (middle === low) return [];
      order.push(middle);
      return [
        [low, middle],
        [middle, high],
      ];
    });
  }
  return order;
}

/** Takes steps on made-up rows. */
class Stepper {
  readonly #session: Session;
  readonly #measurement: StepMeasurement;
  #rows = 1;

  constructor(session: Session, measurement: StepMeasurement) {
    this.#session = session;
    this.#measurement = measurement;
  }

  /** @returns whether there is room to measure in */
  async start(): Promise<boolean> {
    this.#join();
    if (this.#session.room(this.#session.rows[0]) < LEAST_ROOM) return false;
    await this.#warm();
    return true;
  }

  /**
   * Makes the batch this many copies of one row, and takes the steps after which it drafts as it will.
   * @returns levels that it drafts at most
   */
  async resize(rows: number): Promise<number> {
    this.#rows = rows;
    return this.#fill();
  }

  /** @returns seconds of one step */
  async step(levels: number): Promise<number> {
    if (this.#session.room(this.#session.rows[0]) < levels + 2) await this.#fill();
    await this.#turn();
    const { clock } = this.#measurement;
    const started = clock();
    await this.#step(levels);
    return (clock() - started) / 1_000;
  }

  async #fill(): Promise<number> {
    const session = this.#session;
    if (session.room(session.rows[0]) < WANTED_ROOM / 2) {
      for (const row of [...session.rows]) session.leave(row);
      this.#join();
      await this.#warm();
    }
    session.fork(Array.from({ length: this.#rows }, () => session.rows[0]));
    await this.#turn();
    return this.#step(MOST_LEVELS);
  }

  #join(): void {
    const { promptTokens, rows } = this.#measurement;
    const most = Math.min(Math.ceil(MOST_TOKENS / rows), this.#session.context - WANTED_ROOM);
    const length = Math.max(1, Math.min(promptTokens, most));
    this.#session.join({ tokens: new Int32Array(length) });
  }

  /** Lets every offset read the prompt, once for all copies to come. */
  async #warm(): Promise<void> {
    for (const levels of [0, MOST_LEVELS]) {
      await this.#turn();
      await this.#step(levels);
    }
  }

  /** Lets signals and timers have a turn, outside of what is timed. */
  async #turn(): Promise<void> {
    await setImmediate();
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

/** The lower of the middle two where there are two. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1];
}
