// K levels beside none: arrays of K + 1.

/** What is known when a step begins. */
export interface Outlook {
  /** Rows in the batch. */
  readonly rows: number;
  /** Tokens a row that a step with each number of levels is expected to emit. */
  readonly tokens: readonly number[];
  /** Seconds that it is expected to take. */
  readonly seconds: readonly number[];
  /** Most tokens that what was seen leaves possible, where shares up to a number of levels are as they are expected. */
  mostTokens(levels: number): readonly number[];
  /** Standard deviation of the logarithm of the ratio of two numbers' seconds. */
  spread(levels: number, other: number): number;
}

/** What a step drafts. */
export interface Choice {
  readonly levels: number;
  /** Whether it is the pick, or a trial of another number. */
  readonly isTrial: boolean;
  /** Seconds that the pick would take for as many tokens. */
  readonly fairSeconds: number;
}

/** What another number of levels must promise beyond the pick to take its place: less is noise, and changing costs. */
const WORTH_CHANGING = 1.03;
/** Standard deviations of a time that a trial is given the benefit of. */
const BENEFIT = 1.5;
/** Drafts that a trial is to see, and its steps at least: the first pays for what an offset has not read for long. */
const TRIAL_DRAFTS = 8;
const LEAST_STEPS = 2;
/** Steps between two trials: at first, and at most; each that changes nothing doubles them. */
const FIRST_GAP = 8;
const MOST_GAP = 512;
/** Drafts whose time trials may lose before any of it was saved. */
const FREE_DRAFTS = 32;

/** Chooses how many levels a step drafts: the pick, or now and then another number that may yet prove better. */
export class LevelChoice {
  readonly #explore: number;
  #pick: number | undefined;
  #trial = { levels: 0, left: 0 };
  #gap = FIRST_GAP;
  #wait = 0;
  /** Seconds of all steps so far, and what trials have lost of them. */
  #seconds = 0;
  #lost = 0;

  /** @param explore - share of the time that trials may lose */
  constructor(explore: number) {
    this.#explore = explore;
  }

  /** @param steps - that have passed since it was last asked */
  next(outlook: Outlook, steps = 1): Choice {
    const pick = this.#repick(outlook);
    this.#wait -= steps;
    if (this.#trial.left === 0) this.#mayTry(pick, outlook);
    const isTrial = this.#trial.left > 0;
    const levels = isTrial ? Math.min(this.#trial.levels, outlook.tokens.length - 1) : pick;
    if (isTrial) this.#trial.left--;
    return { levels, isTrial, fairSeconds: fairSeconds(levels, pick, outlook) };
  }

  /** A step that was chosen has been taken. */
  taken({ isTrial, fairSeconds }: Choice, seconds: number): void {
    this.#seconds += seconds;
    if (isTrial) this.#lost = Math.max(0, this.#lost + seconds - fairSeconds);
  }

  #repick({ tokens, seconds }: Outlook): number {
    const rate = (levels: number) => tokens[levels] / seconds[levels];
    const held = this.#pick !== undefined && this.#pick < tokens.length ? this.#pick : undefined;
    let best = held ?? 0;
    const least = held === undefined ? 0 : rate(held) * WORTH_CHANGING;
    for (let levels = 0; levels < tokens.length; levels++) {
      if (rate(levels) > Math.max(rate(best), least)) best = levels;
    }
    if (best !== this.#pick) {
      this.#trial.left = 0;
      this.#gap = FIRST_GAP;
      this.#wait = FIRST_GAP;
    }
    this.#pick = best;
    return best;
  }

  #mayTry(pick: number, outlook: Outlook): void {
    if (this.#explore === 0 || this.#wait > 0) return;
    const steps = Math.max(LEAST_STEPS, Math.ceil(TRIAL_DRAFTS / outlook.rows));
    const levels = promising(pick, outlook, (other) => this.#canAfford(steps, other, pick, outlook));
    if (levels === undefined) return;
    this.#trial = { levels, left: steps };
    this.#wait = this.#gap + steps;
    this.#gap = Math.min(MOST_GAP, 2 * this.#gap);
  }

  #canAfford(steps: number, levels: number, pick: number, outlook: Outlook): boolean {
    const loss = steps * (outlook.seconds[levels] - fairSeconds(levels, pick, outlook));
    const free = (FREE_DRAFTS / outlook.rows) * outlook.seconds[pick];
    return this.#lost + loss <= this.#explore * this.#seconds + free;
  }
}

/** Seconds that the pick takes for the tokens that another number of levels gives. */
function fairSeconds(levels: number, pick: number, { tokens, seconds }: Outlook): number {
  return (seconds[pick] * tokens[levels]) / tokens[pick];
}

/** @returns the number of levels that could win most over the pick, where any could */
function promising(pick: number, outlook: Outlook, canAfford: (levels: number) => boolean): number | undefined {
  const { tokens, seconds, spread } = outlook;
  const most = outlook.mostTokens(pick);
  let best: number | undefined;
  let highest = (tokens[pick] / seconds[pick]) * WORTH_CHANGING;
  for (let levels = 0; levels < tokens.length; levels++) {
    if (levels === pick || !canAfford(levels)) continue;
    const rate = (most[levels] / seconds[levels]) * Math.exp(BENEFIT * spread(levels, pick));
    if (rate <= highest) continue;
    [best, highest] = [levels, rate];
  }
  return best;
}
