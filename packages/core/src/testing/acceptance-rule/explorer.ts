// All that a run of random choices can do, each with its probability: nothing is sampled.
import type { Random, RandomState } from '../../contracts/random.ts';
import type { Source } from './lazy-draft.ts';

interface Decision {
  readonly values: readonly number[];
  readonly shares: readonly number[];
  at: number;
}

/** Thrown to leave a run that has seen enough. */
const ENOUGH = {};

const FINEST = 2 ** -52;
/** Runs, and uniform numbers of one run, at most: what asks for numbers without end is left. */
const MOST_RUNS = 1e7;
const MOST_NUMBERS = 1_000;
/** Steps of one number at most: what has more does something else with it than to compare it. */
const MOST_STEPS = 64;
const PROBES = [...Array.from({ length: 8 }, (_, i) => i / 8), 1 - 2 ** -53];

/** Too much can happen in a run to go through it all. */
export class NotEnumerable extends Error {
  override readonly name = 'NotEnumerable';
}

/** How an {@link Explorer} looks, and for how long. */
export interface ExplorerLimits {
  /** After so many runs it gives up. Default ten million. */
  readonly mostRuns?: number;
  /** How many sequences of later numbers tell two values of a number apart. Default 0. */
  readonly futures?: number;
}

/**
 * Goes through everything that can happen in a run that draws tokens and uniform numbers.
 *
 * A run is repeated from its start once for each outcome. A uniform number is taken to pieces: whatever the run does until
 * it asks for the next one (what it notes, how it ends) is a step function of it, whose steps are found by bisection to
 * 2^-52. The rule is a black box; steps narrower than 1/8 are missed only between two that are alike.
 *
 * A run that has read all it needs before its first number shows nothing between two of them: `futures` tells its steps
 * apart by how it ends for some numbers that may come after.
 */
export class Explorer implements Source, Random {
  readonly #limits: ExplorerLimits;
  #runs = 0;
  #numbers = 0;
  /** The future that is tried; undefined: a probe ends where the next number is asked for. */
  #future: number | undefined;
  readonly #run: (source: Explorer) => number;
  readonly #decisions: Decision[] = [];
  #depth = 0;
  #probed: number | undefined;
  #signature = '';

  constructor(run: (source: Explorer) => number, limits: ExplorerLimits = {}) {
    this.#run = run;
    this.#limits = limits;
  }

  /** @returns the probability of each outcome @throws NotEnumerable after too many runs */
  outcomes(): Map<number, number> {
    const found = new Map<number, number>();
    do {
      const outcome = this.#replay();
      const weight = this.#decisions.reduce((product, { shares, at }) => product * shares[at], 1);
      found.set(outcome, (found.get(outcome) ?? 0) + weight);
    } while (this.#advance());
    return found;
  }

  note(what: string): void {
    if (this.#isProbing) this.#signature += `${what} `;
  }

  draw(p: Float64Array): number {
    if (this.#depth < this.#decisions.length) return this.#decided();
    if (this.#isProbing) throw ENOUGH;
    const values = [...p.keys()].filter((token) => p[token] > 0);
    this.#decisions.push({ values, shares: values.map((token) => p[token]), at: 0 });
    return this.#decided();
  }

  uniform(): number {
    if (this.#depth < this.#decisions.length) return this.#decided();
    if (this.#probed === undefined) throw ENOUGH;
    if (this.#isProbing) return this.#later();
    this.#depth++;
    return this.#probed;
  }

  /** By the uniform number, in equal parts. */
  integer(below: number): number {
    return Math.floor(this.uniform() * below);
  }

  /** Box-Muller, as the streams of a run do. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  state(): RandomState {
    throw new NotEnumerable('what is drawn from the state of a stream cannot be enumerated');
  }

  get #isProbing(): boolean {
    return this.#probed !== undefined && this.#depth > this.#decisions.length;
  }

  #decided(): number {
    const { values, at } = this.#decisions[this.#depth++];
    return values[at];
  }

  #advance(): boolean {
    while (this.#decisions.length > 0) {
      const last = this.#decisions[this.#decisions.length - 1];
      if (++last.at < last.values.length) return true;
      this.#decisions.pop();
    }
    return false;
  }

  #replay(): number {
    for (;;) {
      this.#begin();
      try {
        return this.#run(this);
      } catch (thrown) {
        if (thrown !== ENOUGH) throw thrown;
        this.#decisions.push(this.#steps());
      }
    }
  }

  #begin(): void {
    this.#depth = 0;
    this.#numbers = 0;
    const { mostRuns = MOST_RUNS } = this.#limits;
    if (++this.#runs > mostRuns) throw new NotEnumerable(`more than ${mostRuns} runs were needed`);
  }

  /** A number after the one that is probed, of the future that is tried: multiples of the golden ratio, far apart. */
  #later(): number {
    if (this.#future === undefined) throw ENOUGH;
    if (++this.#numbers > MOST_NUMBERS) throw new NotEnumerable('a run asks for numbers without end');
    return ((this.#future + 1) * 0.381966011250105 + this.#numbers * 0.618033988749895) % 1;
  }

  /** The steps of the uniform number that is asked for next. */
  #steps(): Decision {
    const starts = [0];
    let low = 0;
    let signature = this.#probe(0);
    for (const point of PROBES) {
      for (let above = this.#probe(point); above !== signature; ) {
        let high = point;
        let beyond = above;
        while (high - low > FINEST) {
          const middle = (low + high) / 2;
          const there = this.#probe(middle);
          if (there === signature) low = middle;
          else [high, beyond] = [middle, there];
        }
        if (starts.push(high) > MOST_STEPS) throw new NotEnumerable(`a number has more than ${MOST_STEPS} steps`);
        [low, signature] = [high, beyond];
      }
      low = point;
    }
    const ends = [...starts.slice(1), 1];
    return { values: starts.map((a, i) => (a + ends[i]) / 2), shares: starts.map((a, i) => ends[i] - a), at: 0 };
  }

  /** What the run does for this value of the next uniform number, up to the one after it, and in some futures. */
  #probe(value: number): string {
    let signature = this.#tried(value, undefined);
    for (let future = 0; future < (this.#limits.futures ?? 0); future++) signature += `| ${this.#tried(value, future)}`;
    return signature;
  }

  #tried(value: number, future: number | undefined): string {
    this.#begin();
    this.#signature = '';
    this.#probed = value;
    this.#future = future;
    try {
      this.note(`= ${this.#run(this)}`);
    } catch (thrown) {
      if (thrown !== ENOUGH) throw thrown;
    } finally {
      this.#probed = undefined;
    }
    return this.#signature;
  }
}
