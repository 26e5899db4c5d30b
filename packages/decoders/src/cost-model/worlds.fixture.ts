// A session that takes time by a formula, with what drafting really costs: offsets read what they have not read yet, rows join
// with prompts, texts grow, and others disturb the machine.
import type { DraftPolicy, Kept, Prompt, Session, Tree, Verdict } from '@foretoken/core';
import { createRandom } from '@foretoken/core';
import { chainTree } from '@foretoken/core/plugin';

/** What time and acceptance are made of. */
export interface World {
  readonly levels: number;
  /** Milliseconds of a whole step of which every offset has read all that it can. */
  ms(rows: number, levels: number): number;
  /** Of each level, how often it is kept given those before it, so many tokens into each row's text. */
  shares(token: number): readonly number[];
  /**
   * Milliseconds to read a column with one offset, as a share of what a token of a single row costs without drafts. An offset that has
   * more than a few columns to read does that when it is next drafted with. Default 0.
   */
  readonly reading?: number;
  /** Whether a step with more levels than the one before also pays half of their price again: they ran outside the verifying forward. */
  readonly isInside?: boolean;
  /** Whether a step takes half as long again at the end of a text as at its beginning. */
  readonly grows?: boolean;
  /** Uniform noise, as a share of a step. */
  readonly noise?: number;
  /** Share of steps that take three times as long. */
  readonly spikes?: number;
  /** By how much of what a token costs without drafts a first step is longer: a third of it is left 1,000 steps later. */
  readonly cold?: number;
  /** What all steps are multiplied by, after as many milliseconds as so many tokens take without drafts. */
  slowness?(tokens: number): number;
}

/** Columns that a verifying forward's drafts read on the way. */
const ON_THE_WAY = 6;

/** Drafts what a policy asks for, all rows level by level as the real session does, and lets a clock run. */
export class WorldSession implements Session {
  readonly context = 512;
  readonly vocabulary = 8;
  readonly forwards = 0;
  /** Milliseconds. */
  now = 0;
  readonly #world: World;
  readonly #random: { uniform(): number };
  readonly #rows = new Map<number, { length: number; unread: number[] }>();
  #nextId = 0;
  #levelsBefore = 0;
  #steps = 0;

  constructor(world: World, seed: number) {
    this.#world = world;
    this.#random = createRandom(seed, 'noise');
  }

  get levels(): number {
    return this.#world.levels;
  }

  get rows(): readonly number[] {
    return [...this.#rows.keys()];
  }

  room(row: number): number {
    return this.context - this.#rows.get(row)!.length;
  }

  join({ tokens }: Pick<Prompt, 'tokens'>): number {
    const unread = Array.from({ length: this.levels + 1 }, () => tokens.length);
    this.#rows.set(this.#nextId, { length: tokens.length, unread });
    return this.#nextId++;
  }

  leave(row: number): void {
    this.#rows.delete(row);
  }

  fork(from: readonly number[]): void {
    const copies = from.map((row) => this.#rows.get(row)!);
    this.#rows.clear();
    for (const { length, unread } of copies) this.#rows.set(this.#nextId++, { length, unread: [...unread] });
  }

  async draft(policy: DraftPolicy): Promise<Tree[]> {
    return this.draftNow(policy);
  }

  draftNow(policy: DraftPolicy): Tree[] {
    const { levels, rows } = this;
    const depth = rows.map(() => 0);
    let active = [...rows.keys()];
    for (let level = 1; level <= levels && active.length > 0; level++) {
      active = active.filter((index) => {
        const at = { row: rows[index], level, levels, trained: levels, rows: rows.length };
        return level < this.room(rows[index]) && policy.grow(chainOf(level - 1), [level - 2], refuse, at).length > 0;
      });
      for (const index of active) depth[index] = level;
    }
    return depth.map(chainOf);
  }

  async verify(trees: readonly Tree[]): Promise<Verdict[]> {
    this.verifyNow(trees);
    return [];
  }

  verifyNow(trees: readonly Tree[]): void {
    const { ms, isInside, grows, cold = 0, noise = 0, spikes = 0, slowness } = this.#world;
    const numRows = this.#rows.size;
    const levels = Math.max(...trees.map(({ tokens }) => tokens.length));
    let total = 0;
    for (const { length } of this.#rows.values()) total += length;
    let time =
      ms(numRows, levels) *
      (grows ? 0.8 + (0.4 * total) / numRows / this.context : 1) *
      (slowness?.(this.now / ms(numRows, 0)) ?? 1);
    time += this.#readingMs(levels);
    // Of one row: JavaScript that is not compiled yet costs a batch what it costs a row.
    time += cold * ms(1, 0) * Math.exp(-this.#steps++ / 1_000);
    if (isInside) time += 0.5 * Math.max(0, ms(numRows, levels) - ms(numRows, this.#levelsBefore));
    time *= 1 + noise * (2 * this.#random.uniform() - 1);
    if (spikes > 0 && this.#random.uniform() < spikes) time *= 3;
    this.#levelsBefore = levels;
    this.now += time;
  }

  commit(kept: readonly Kept[]): void {
    for (const [index, row] of [...this.#rows.values()].entries()) {
      const tokens = kept[index].path.length + 1;
      row.length += tokens;
      for (const level of row.unread.keys()) row.unread[level] += tokens;
    }
  }

  dispose(): void {
    this.#rows.clear();
  }

  /** Of what lies behind for the levels of this draft; then none does. */
  #readingMs(levels: number): number {
    const { reading = 0, ms } = this.#world;
    let columns = 0;
    for (const { unread } of this.#rows.values()) {
      for (let level = 1; level <= levels; level++) {
        if (unread[level] > ON_THE_WAY) columns += unread[level];
        unread[level] = 0;
      }
    }
    return columns * reading * ms(1, 0);
  }
}

const CHAINS = Array.from({ length: 17 }, (_, length) => chainTree(Array.from({ length }, () => 0)));
const chainOf = (length: number): Tree => CHAINS[length];
const refuse = () => {
  throw new Error('no distribution');
};

/** What came of a generation. */
export interface WorldOutcome {
  readonly tokensPerMs: number;
  /** Mean levels drafted. */
  readonly levels: number;
}

/** A generation of so many tokens a row, in which rows that are full make room for new ones, with prompts of 128 to 328 tokens. */
export function generateIn(
  { shares }: World,
  session: WorldSession,
  policy: DraftPolicy,
  { rows, length, seed }: { readonly rows: number; readonly length: number; readonly seed: number },
): WorldOutcome {
  const random = createRandom(seed, 'kept');
  const started = session.now;
  let [tokens, levels, steps] = [0, 0, 0];
  for (; tokens < rows * length; steps++) {
    for (const row of session.rows) if (session.room(row) < 20) session.leave(row);
    while (session.rows.length < rows) {
      session.join({ tokens: new Int32Array(128 + Math.floor(200 * random.uniform())) });
    }
    const trees = session.draftNow(policy);
    session.verifyNow(trees);
    const own = shares(tokens / rows);
    const kept = trees.map(({ tokens: drafted }): Kept => {
      let count = 0;
      while (count < drafted.length && random.uniform() < own[count]) count++;
      tokens += count + 1;
      return { path: new Int32Array(count), next: 0 };
    });
    levels += trees[0].tokens.length;
    const ids = session.rows;
    session.commit(kept);
    for (const [index, row] of ids.entries())
      policy.learn?.({ row, tree: trees[index], kept: kept[index], rows: ids.length });
  }
  return { tokensPerMs: tokens / (session.now - started), levels: levels / steps };
}
