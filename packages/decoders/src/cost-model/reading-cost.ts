// K levels beside none: arrays of K + 1.

/** Tokens of a row over which it is averaged how often one joins, and those that the first one is taken to be for. */
const MOST_TOKENS = 1024;
const FIRST_TOKENS = 256;
/** Tokens that offsets read late, over which it is averaged what one costs. */
const MOST_READ = 16_384;

/** Steps with one number of levels, as far as they say something of reading. */
export interface ReadingSteps {
  readonly levels: number;
  /** Rows that had not drafted before. */
  readonly newcomers: number;
  /** Emitted, of all rows, at least one. */
  readonly tokens: number;
  /** Seconds beyond those of steps that have nothing to catch up with. */
  readonly excess: number;
}

/**
 * What it costs that offsets have not read what was written while they did not draft.
 *
 * The first time that a row drafts every offset reads its prompt; an offset that did not draft for a while reads what came
 * since, as soon as it does.
 */
export class ReadingCost {
  /** Tokens of all rows that the offset of each level has not read. */
  readonly #unread: number[] = [];
  #rows = 1;
  #prompt = 0;
  #context = 0;
  /** Seconds of what was read late, and tokens of it, level by level. */
  #seconds = 0;
  #read = 0;
  #joinsPerToken = 1 / FIRST_TOKENS;
  /** Of a row, that `joinsPerToken` is the mean of. */
  #tokens = FIRST_TOKENS;

  /**
   * A generation begins: nothing is left of another.
   *
   * @param at - rows at most, tokens of the longest prompt, and those that a row can hold
   */
  begin(levels: number, { rows, prompt, context }: { rows: number; prompt: number; context: number }): void {
    this.#rows = rows;
    this.#prompt = prompt;
    this.#context = context;
    this.#unread.length = 0;
    for (let level = 1; level <= levels; level++) this.#unread.push(0);
  }

  /** What was measured, where nothing better is known: seconds in which offsets read so many tokens, level by level. */
  measured(seconds: number, tokens: number): void {
    if (this.#read > 0) return;
    this.#seconds = seconds;
    this.#read = tokens;
  }

  /** No row is left of those that have drafted before: what they had not read is gone with them. */
  leave(): void {
    this.#unread.fill(0);
  }

  /** Takes in steps. */
  observe({ levels, newcomers, tokens, excess }: ReadingSteps): void {
    this.#tokens = Math.min(MOST_TOKENS, this.#tokens + tokens / this.#rows);
    const weight = Math.min(1, tokens / this.#rows / this.#tokens);
    this.#joinsPerToken += (newcomers / tokens - this.#joinsPerToken) * weight;
    const joined = newcomers * this.#prompt;
    // Rows that join take the places of others, and what those had not read is gone with them.
    const stayed = Math.max(0, 1 - newcomers / this.#rows);
    const read = levels * joined + stayed * this.#unreadUpTo(levels);
    if (read > 0) {
      this.#seconds += excess;
      this.#read += read;
      const kept = Math.min(1, MOST_READ / this.#read);
      this.#seconds *= kept;
      this.#read *= kept;
    }
    for (let level = 1; level <= levels; level++) this.#unread[level - 1] = 0;
    for (let level = levels + 1; level <= this.#unread.length; level++) {
      const unread = stayed * this.#unread[level - 1] + joined + tokens;
      this.#unread[level - 1] = Math.min(this.#rows * this.#context, unread);
    }
  }

  /** @returns seconds that a step with so many levels and tokens of all rows takes longer for the rows that join */
  perStep(levels: number, tokens: number): number {
    return this.#perToken() * levels * this.#prompt * this.#joinsPerToken * tokens;
  }

  /** @returns seconds that it takes once more to draft so many levels now, for what their offsets have not read */
  behind(levels: number): number {
    return this.#perToken() * this.#unreadUpTo(levels);
  }

  #perToken(): number {
    return this.#read === 0 ? 0 : Math.max(0, this.#seconds / this.#read);
  }

  #unreadUpTo(levels: number): number {
    let tokens = 0;
    for (let level = 1; level <= Math.min(levels, this.#unread.length); level++) tokens += this.#unread[level - 1];
    return tokens;
  }
}
