// K levels.

/** Seconds of one whole step by rows in the batch and levels drafted, between batches and levels that were measured. */
export class StepTimes {
  readonly #byRows = new Map<number, number[]>();
  readonly #deepest = new Map<number, number>();
  /** The last batch size asked for that was not measured: step after step asks for the same. */
  #between: { readonly rows: number; readonly seconds: readonly number[] } | undefined;

  /** Batch sizes that were measured, ascending. */
  get sizes(): readonly number[] {
    return [...this.#byRows.keys()].sort((a, b) => a - b);
  }

  /**
   * Takes in what was measured at a batch size. More levels never take less time: where they seem to, that is noise.
   *
   * @param measured - seconds by number of levels; 0 is among them
   * @param most - levels of the table; beyond the last one that was measured each takes as much more as those before on average
   */
  add(rows: number, measured: ReadonlyMap<number, number>, most: number): void {
    this.#between = undefined;
    const levels = [...measured.keys()].sort((a, b) => a - b);
    const seconds = rising(levels.map((level) => measured.get(level)!));
    this.#deepest.set(rows, levels[levels.length - 1]);
    this.#byRows.set(
      rows,
      Array.from({ length: most + 1 }, (_, level) => between(levels, seconds, level)),
    );
  }

  /** The most levels with which a batch size was measured; what lies beyond is a guess. */
  deepest(rows: number): number {
    return this.#deepest.get(rows) ?? 0;
  }

  /**
   * Seconds by number of levels, from 0. Between two batch sizes that were measured they lie on the line between those;
   * below the smallest they are its own, above the largest they grow with the rows.
   *
   * @returns seconds_K; empty where nothing was measured
   */
  at(rows: number): readonly number[] {
    const known = this.#byRows.get(rows);
    if (known) return known;
    if (this.#between?.rows !== rows) this.#between = { rows, seconds: this.#guess(rows) };
    return this.#between.seconds;
  }

  #guess(rows: number): readonly number[] {
    const { sizes } = this;
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
 * The value at x on straight lines between known points; before the first that of the first, beyond the last on the line
 * through both ends.
 * @param xs - ascending
 */
function between(xs: readonly number[], ys: readonly number[], x: number): number {
  const last = xs.length - 1;
  const above = xs.findIndex((known) => known >= x);
  if (above === 0) return ys[0];
  const [from, to] = above < 0 ? [0, last] : [above - 1, above];
  if (from === to) return ys[from];
  const slope = (ys[to] - ys[from]) / (xs[to] - xs[from]);
  return above < 0 ? ys[last] + slope * (x - xs[last]) : ys[from] + slope * (x - xs[from]);
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
