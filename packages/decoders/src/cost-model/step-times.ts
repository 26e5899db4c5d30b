// K levels.

/** Steps that a first measurement counts for. */
const FIRST_WEIGHT = 3;
/** Steps that count at most: what is older fades. */
const MEMORY = 64;
/** A step counts as this many times what was expected at most, whatever held it up. */
const MOST_SURPRISE = 2;

/** Seconds of one whole step by rows in the batch and levels drafted, between batches and levels that were measured. */
export class StepTimes {
  readonly #byRows = new Map<number, number[]>();
  /** Steps seen since, by rows and levels. */
  readonly #seen = new Map<string, number>();
  readonly #measured = new Set<number>();

  /** Batch sizes of which anything is known, ascending. */
  get sizes(): readonly number[] {
    return [...this.#byRows.keys()].sort((a, b) => a - b);
  }

  /** Whether a batch size was measured on purpose. */
  isMeasured(rows: number): boolean {
    return this.#measured.has(rows);
  }

  /**
   * Takes in what was measured at a batch size. More levels never take less time: where they seem to, that is noise.
   *
   * @param measured - seconds by number of levels; 0 is among them
   */
  add(rows: number, measured: ReadonlyMap<number, number>): void {
    const levels = [...measured.keys()].sort((a, b) => a - b);
    const most = levels[levels.length - 1];
    const seconds = rising(levels.map((level) => measured.get(level)!));
    this.#measured.add(rows);
    this.#byRows.set(
      rows,
      Array.from({ length: most + 1 }, (_, level) => between(levels, seconds, level)),
    );
  }

  /** Takes in a step of a generation: a running mean, which a first measurement starts and a single step moves little. */
  observe(rows: number, levels: number, seconds: number): void {
    const table = [...this.at(rows)];
    // A clock too coarse for a step says nothing of it.
    if (levels >= table.length || seconds <= 0) return;
    const key = `${rows}:${levels}`;
    const seen = Math.min(MEMORY, (this.#seen.get(key) ?? FIRST_WEIGHT) + 1);
    const counted = Math.min(seconds, MOST_SURPRISE * table[levels]);
    table[levels] += (counted - table[levels]) / seen;
    this.#seen.set(key, seen);
    this.#byRows.set(rows, table);
  }

  /**
   * Seconds by number of levels, from 0. Between two batch sizes that were measured they lie on the line between those;
   * below the smallest they are its own, above the largest they grow with the rows.
   *
   * @returns seconds_K; empty where nothing was measured
   */
  at(rows: number): readonly number[] {
    const { sizes } = this;
    const known = this.#byRows.get(rows);
    if (known) return known;
    if (sizes.length === 0) return [];
    const largest = sizes[sizes.length - 1];
    if (rows > largest) return this.#byRows.get(largest)!.map((seconds) => (seconds * rows) / largest);
    const tables = sizes.map((size) => this.#byRows.get(size)!);
    const most = Math.min(...tables.map(({ length }) => length));
    return Array.from({ length: most }, (_, level) =>
      between(
        sizes,
        tables.map((seconds) => seconds[level]),
        rows,
      ),
    );
  }
}

/**
 * The value at x on straight lines between known points; before the first that of the first.
 * @param xs - ascending
 */
function between(xs: readonly number[], ys: readonly number[], x: number): number {
  const above = xs.findIndex((known) => known >= x);
  if (above <= 0) return ys[0];
  const share = (x - xs[above - 1]) / (xs[above] - xs[above - 1]);
  return ys[above - 1] + share * (ys[above] - ys[above - 1]);
}

/**
 * The rising sequence that is nearest to a given one, by least squares: neighbours that fall become their mean.
 *
 * @source pool adjacent violators; Ayer et al. 1955, Ann. Math. Statist. 26(4)
 */
function rising(values: readonly number[]): number[] {
  const pools: { mean: number; count: number }[] = [];
  for (const value of values) {
    let pool = { mean: value, count: 1 };
    for (let last = pools.at(-1); last && last.mean > pool.mean; last = pools.at(-1)) {
      const count = last.count + pool.count;
      pool = { mean: (last.mean * last.count + pool.mean * pool.count) / count, count };
      pools.pop();
    }
    pools.push(pool);
  }
  return pools.flatMap(({ mean, count }) => Array.from({ length: count }, () => mean));
}
