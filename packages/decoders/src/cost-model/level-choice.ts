// K levels beside none: arrays of K + 1.

/** What is known when a stretch of steps begins. */
export interface Outlook {
  /** Rows in the batch. */
  readonly rows: number;
  /** Tokens a row that a step with each number of levels is expected to emit. */
  readonly tokens: readonly number[];
  /** Seconds that it is expected to take. */
  readonly seconds: readonly number[];
  /** Seconds that the first step takes more, for what its offsets have not read. */
  readonly behind: readonly number[];
  /** Most tokens that what was seen leaves possible, where shares up to a number of levels are as they are expected. */
  mostTokens(levels: number): readonly number[];
  /** Standard deviation of the logarithm of the ratio of two numbers' seconds. */
  spread(levels: number, other: number): number;
}

/** What steps draft, until it is thought over again. */
export interface Choice {
  readonly levels: number;
  /** Steps for which it holds, while the batch stays as it is. */
  readonly steps: number;
  /** Whether it is the pick, or a trial of another number. */
  readonly isTrial: boolean;
  /** Seconds that the pick would take for as many tokens as one step emits. */
  readonly fairSeconds: number;
}

/** What another number of levels must promise beyond the pick to take its place: less is noise, and changing costs. */
const WORTH_CHANGING = 1.03;
/** Standard deviations of a time that a trial is given the benefit of: one of fewer levels has nothing to read, and is cheap. */
const BENEFIT = { fewer: 2.5, more: 1.5 };
/** Drafts that a trial is to see, and its steps at least: the first pays for what an offset has not read for long. */
const TRIAL_DRAFTS = 8;
const LEAST_STEPS = 2;
/** Steps between two trials: at first, and at most; each that changes nothing doubles them. */
const FIRST_GAP = 8;
const MOST_GAP = 512;
/**
 * Steps for which a pick holds, at least and at most, and as a share of those for which it has held: what has lasted lasts.
 * Without levels nothing is seen but a time, so that it may hold longest.
 */
const HOLD = { least: 4, most: 32, mostOfNone: 128, ofPast: 1 / 8 };
/** Tokens of a row for which a change of levels is taken to last: what it costs at once is spread over them. */
const LASTING = 128;
/** Drafts whose time trials may lose before any of it was saved. */
const FREE_DRAFTS = 32;

/** Chooses how many levels steps draft: the pick, or now and then another number that may yet prove better. */
export class LevelChoice {
  readonly #explore: number;
  #pick: number | undefined;
  #gap = FIRST_GAP;
  #wait = 0;
  /** Steps of this pick. */
  #lasted = 0;
  /** Seconds of all steps so far, and what trials have lost of them. */
  #seconds = 0;
  #lost = 0;
  /** Seconds in which the first trial lets offsets read what they never read, which are free: any use of them begins so. */
  #first: number | undefined;

  /** @param explore - share of the time that trials may lose */
  constructor(explore: number) {
    this.#explore = explore;
  }

  next(outlook: Outlook): Choice {
    const pick = this.#repick(outlook);
    const tried = this.#wait > 0 || this.#explore === 0 ? undefined : this.#trialOf(pick, outlook);
    if (tried !== undefined) return tried;
    return { levels: pick, steps: this.#hold(pick), isTrial: false, fairSeconds: outlook.seconds[pick] };
  }

  /** So many steps of a choice have been taken. */
  taken({ isTrial, fairSeconds }: Choice, steps: number, seconds: number): void {
    this.#seconds += seconds;
    if (isTrial) {
      this.#lost = Math.max(0, this.#lost + seconds - steps * fairSeconds);
      return;
    }
    this.#wait -= steps;
    this.#lasted += steps;
  }

  /** @returns steps for which a pick holds: not beyond the next trial, if one is to come */
  #hold(pick: number): number {
    const most = Math.min(
      pick === 0 ? HOLD.mostOfNone : HOLD.most,
      this.#wait > 0 ? this.#wait : Number.POSITIVE_INFINITY,
    );
    return Math.max(HOLD.least, Math.min(most, Math.round(this.#lasted * HOLD.ofPast)));
  }

  #repick({ tokens, seconds, behind }: Outlook): number {
    const held = this.#pick !== undefined && this.#pick < tokens.length ? this.#pick : undefined;
    let best = held ?? 0;
    let highest = rateOf(tokens[best], seconds[best], behind[best]);
    if (held !== undefined) highest *= WORTH_CHANGING;
    for (let levels = 0; levels < tokens.length; levels++) {
      const rate = rateOf(tokens[levels], seconds[levels], behind[levels]);
      if (rate > highest) [best, highest] = [levels, rate];
    }
    if (best !== this.#pick) {
      this.#gap = FIRST_GAP;
      this.#wait = FIRST_GAP;
      this.#lasted = 0;
    }
    this.#pick = best;
    return best;
  }

  /** @returns nothing where nothing is worth a trial */
  #trialOf(pick: number, outlook: Outlook): Choice | undefined {
    const steps = Math.max(LEAST_STEPS, Math.ceil(TRIAL_DRAFTS / outlook.rows));
    const levels = promising(pick, outlook, (other) => this.#lossOf(steps, other, pick, outlook));
    if (levels === undefined) return undefined;
    this.#first ??= outlook.behind[levels];
    this.#wait = this.#gap;
    this.#gap = Math.min(MOST_GAP, 2 * this.#gap);
    return { levels, steps, isTrial: true, fairSeconds: fairSeconds(levels, pick, outlook) };
  }

  /** @returns seconds that a trial may lose; nothing where that is more than it may */
  #lossOf(steps: number, levels: number, pick: number, outlook: Outlook): number | undefined {
    const behind = outlook.behind[levels];
    const loss = steps * (outlook.seconds[levels] - fairSeconds(levels, pick, outlook)) + behind;
    const free = (FREE_DRAFTS / outlook.rows) * outlook.seconds[pick] + (this.#first ?? behind);
    return this.#lost + loss <= this.#explore * this.#seconds + free ? loss : undefined;
  }
}

/** Tokens of a row per second, if so many levels are drafted for as long as changes are taken to last. */
function rateOf(tokens: number, seconds: number, behind: number): number {
  return tokens / (seconds + (behind * tokens) / LASTING);
}

/** Seconds that the pick takes for the tokens that another number of levels gives. */
function fairSeconds(levels: number, pick: number, { tokens, seconds }: Outlook): number {
  return (seconds[pick] * tokens[levels]) / tokens[pick];
}

/** @returns the number of levels of which a trial promises most for what it may lose, where any could win */
function promising(pick: number, outlook: Outlook, lossOf: (levels: number) => number | undefined): number | undefined {
  const { tokens, seconds, behind, spread } = outlook;
  const most = outlook.mostTokens(pick);
  let best: number | undefined;
  let highest = 0;
  const least = rateOf(tokens[pick], seconds[pick], behind[pick]) * WORTH_CHANGING;
  for (let levels = 0; levels < tokens.length; levels++) {
    if (levels === pick) continue;
    const loss = lossOf(levels);
    if (loss === undefined) continue;
    const benefit = levels < pick ? BENEFIT.fewer : BENEFIT.more;
    const rate = rateOf(most[levels], seconds[levels], behind[levels]) * Math.exp(benefit * spread(levels, pick));
    if (rate <= least) continue;
    const worth = (rate / least - 1) / Math.max(loss, seconds[pick]);
    if (worth > highest) [best, highest] = [levels, worth];
  }
  return best;
}
