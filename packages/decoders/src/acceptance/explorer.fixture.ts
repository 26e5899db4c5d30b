// All that a run of random choices can do, each with its probability: nothing is sampled.
import type { Source } from './lazy-draft.fixture.ts';

interface Decision {
  readonly values: readonly number[];
  readonly shares: readonly number[];
  at: number;
}

/** Thrown to leave a run that has seen enough. */
const ENOUGH = {};

const FINEST = 2 ** -52;
const PROBES = [...Array.from({ length: 8 }, (_, i) => i / 8), 1 - 2 ** -53];

/**
 * Goes through everything that can happen in a run that draws tokens and uniform numbers.
 *
 * A run is repeated from its start once for each outcome. A uniform number is taken to pieces: whatever the run does until
 * it asks for the next one (what it notes, how it ends) is a step function of it, whose steps are found by bisection to
 * 2^-52. The rule is a black box; steps narrower than 1/8 are missed only between two that are alike.
 */
export class Explorer implements Source {
  readonly #run: (source: Explorer) => number;
  readonly #decisions: Decision[] = [];
  #depth = 0;
  #probed: number | undefined;
  #signature = '';

  constructor(run: (source: Explorer) => number) {
    this.#run = run;
  }

  /** @returns the probability of each outcome */
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
    if (this.#probed === undefined || this.#isProbing) throw ENOUGH;
    this.#depth++;
    return this.#probed;
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
      this.#depth = 0;
      try {
        return this.#run(this);
      } catch (thrown) {
        if (thrown !== ENOUGH) throw thrown;
        this.#decisions.push(this.#steps());
      }
    }
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
        starts.push(high);
        [low, signature] = [high, beyond];
      }
      low = point;
    }
    const ends = [...starts.slice(1), 1];
    return { values: starts.map((a, i) => (a + ends[i]) / 2), shares: starts.map((a, i) => ends[i] - a), at: 0 };
  }

  /** What the run does for this value of the next uniform number, up to the one after it. */
  #probe(value: number): string {
    this.#depth = 0;
    this.#signature = '';
    this.#probed = value;
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
