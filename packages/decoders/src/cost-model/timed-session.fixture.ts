// A session that takes time by a formula, on a clock that stands still otherwise.
import type { DraftPolicy, Kept, Prompt, Session, Tree, Verdict } from '@foretoken/core';
import { chainTree } from '@foretoken/core/plugin';

/** How the session behaves. */
export interface TimedOptions {
  readonly levels: number;
  readonly context?: number;
  /** Milliseconds of a step. */
  stepMs(rows: number, levels: number): number;
}

/** Drafts what a policy asks for, token by token, and lets a clock run. */
export class TimedSession implements Session {
  readonly levels: number;
  readonly context: number;
  readonly vocabulary = 8;
  readonly forwards = 0;
  /** Milliseconds. */
  now = 0;
  /** Rows and levels of every step so far. */
  readonly steps: (readonly [rows: number, levels: number])[] = [];
  /** Lengths of the prompts that were read. */
  readonly joined: number[] = [];
  readonly #options: TimedOptions;
  readonly #lengths = new Map<number, number>();
  #nextId = 0;

  constructor(options: TimedOptions) {
    this.levels = options.levels;
    this.context = options.context ?? 512;
    this.#options = options;
  }

  get rows(): readonly number[] {
    return [...this.#lengths.keys()];
  }

  room(row: number): number {
    return this.context - this.#lengths.get(row)!;
  }

  join({ tokens }: Prompt): number {
    this.joined.push(tokens.length);
    this.#lengths.set(this.#nextId, tokens.length);
    return this.#nextId++;
  }

  leave(row: number): void {
    if (!this.#lengths.delete(row)) throw new Error(`no row ${row}`);
  }

  fork(from: readonly number[]): void {
    const lengths = from.map((row) => this.#lengths.get(row)!);
    this.#lengths.clear();
    for (const length of lengths) this.#lengths.set(this.#nextId++, length);
  }

  async draft(policy: DraftPolicy): Promise<Tree[]> {
    const { levels, rows } = this;
    return rows.map((row) => {
      let depth = 0;
      const refuse = () => {
        throw new Error('no distribution');
      };
      for (let level = 1; level <= levels && level < this.room(row); level++) {
        const at = { row, level, levels, trained: levels, rows: rows.length };
        const tree = chainTree(Array.from({ length: depth }, () => 0));
        if (policy.grow(tree, [depth - 1], refuse, at).length === 0) break;
        depth++;
      }
      return chainTree(Array.from({ length: depth }, () => 0));
    });
  }

  async verify(trees: readonly Tree[]): Promise<Verdict[]> {
    const levels = Math.max(...trees.map(({ tokens }) => tokens.length));
    for (const row of this.rows) if (this.room(row) < 1) throw new Error(`row ${row} is full`);
    this.steps.push([trees.length, levels]);
    this.now += this.#options.stepMs(trees.length, levels);
    return [];
  }

  commit(kept: readonly Kept[]): void {
    for (const [index, row] of this.rows.entries()) {
      this.#lengths.set(row, this.#lengths.get(row)! + kept[index].path.length + 1);
    }
  }

  dispose(): void {
    this.#lengths.clear();
  }
}
