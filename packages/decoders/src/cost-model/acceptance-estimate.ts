// K levels.

/** Share that level 1 is taken to have before anything is known; a further level's is what the one before it has. */
const FIRST_PRIOR = 0.5;
/** Observations that the prior counts for at first; it fades like any other. */
const PRIOR_WEIGHT = 2;
/** Steps after which evidence of a level that is not drafted any more counts for a third: a text may have changed since. */
const MEMORY_STEPS = 300;
/** Observations that what was seen once goes on counting for: a few new ones move a share, and do not make it. */
const LEAST_WEIGHT = 8;
/** Standard deviations between the share that was seen and the highest that is thought possible. */
const CONFIDENCE = 1.5;

/** What is known of one level: weights of drafts that were decided. */
interface Level {
  accepted: number;
  decided: number;
  prior: number;
  /** Of what was decided, what still says how things are: the share may have changed since. */
  recent: number;
}

const NOTHING: Readonly<Level> = { accepted: 0, decided: 0, prior: PRIOR_WEIGHT, recent: 0 };

/**
 * How often a drafted token is kept, level by level, given that those before it were: a running estimate over all rows.
 *
 * A level counts only where it was decided: it was drafted, and all before it were kept. What was not drafted, or hung below
 * a rejected token, is unobserved and says nothing. Old observations fade as new ones of the same level come; with the
 * steps that pass they lose weight, down to that of a few, which leaves the share as it is and widens what is thought
 * possible.
 */
export class AcceptanceEstimate {
  readonly #levels: Level[] = [];
  readonly #fading: number;
  /** Steps that have passed and took no weight yet: most of them draft nothing, and must cost nothing. */
  #passed = 0;

  /** @param memory - observations of a level that count at most, in effect */
  constructor(memory: number) {
    this.#fading = 1 - 1 / memory;
  }

  /** @param drafted - levels of the draft; @param kept - those that were kept */
  add(drafted: number, kept: number): void {
    if (drafted > 0) this.#age();
    for (let level = 1; level <= Math.min(drafted, kept + 1); level++) {
      if (this.#levels.length < level) this.#levels.push({ ...NOTHING });
      const known = this.#levels[level - 1];
      known.accepted = known.accepted * this.#fading + (level <= kept ? 1 : 0);
      known.decided = known.decided * this.#fading + 1;
      known.prior *= this.#fading;
      known.recent = known.recent * this.#fading + 1;
    }
  }

  /** Steps have passed. */
  pass(steps: number): void {
    this.#passed += steps;
  }

  #age(): void {
    if (this.#passed === 0) return;
    const left = (1 - 1 / MEMORY_STEPS) ** this.#passed;
    this.#passed = 0;
    for (const level of this.#levels) {
      const weight = level.decided + level.prior;
      const kept = weight > LEAST_WEIGHT ? Math.max(left, LEAST_WEIGHT / weight) : 1;
      level.accepted *= kept;
      level.decided *= kept;
      level.prior *= kept;
      level.recent *= left;
    }
  }

  /** @returns share_K kept of those decided, shrunk towards the level before where little is known */
  conditional(levels: number): number[] {
    this.#age();
    const shares: number[] = [];
    let share = FIRST_PRIOR;
    for (let index = 0; index < levels; index++) {
      const { accepted, decided, prior } = index < this.#levels.length ? this.#levels[index] : NOTHING;
      share = (accepted + prior * share) / (decided + prior);
      shares.push(share);
    }
    return shares;
  }

  /**
   * The highest shares that what was seen leaves possible; 1 where nothing was.
   *
   * @returns share_K
   * @source the upper end of Wilson's score interval; Wilson 1927, J. Am. Stat. Assoc. 22(158)
   */
  highest(levels: number): number[] {
    const shares = this.conditional(levels);
    const z2 = CONFIDENCE ** 2;
    for (let index = 0; index < levels; index++) {
      const share = shares[index];
      const { recent } = index < this.#levels.length ? this.#levels[index] : NOTHING;
      const spread = Math.sqrt(z2 * recent * share * (1 - share) + z2 ** 2 / 4);
      shares[index] = Math.min(1, (recent * share + z2 / 2 + spread) / (recent + z2));
    }
    return shares;
  }
}

/**
 * Tokens that a step emits for one row, with 0, 1, ... levels drafted: the model's own, and each draft that is kept.
 *
 * @param conditional_K - share of each level that is kept, given those before it
 * @returns tokens of K + 1 numbers of levels
 */
export function expectedTokens(conditional_K: readonly number[]): number[] {
  const tokens = [1];
  let reached = 1;
  for (const share of conditional_K) {
    reached *= share;
    tokens.push(tokens[tokens.length - 1] + reached);
  }
  return tokens;
}
