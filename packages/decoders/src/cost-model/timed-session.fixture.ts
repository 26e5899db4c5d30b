// A session that takes time by a formula, on a clock that stands still otherwise.
import type { DraftPolicy, Kept, Prompt, Session, Tree, Verdict } from '@foretoken/core';
import { emptyTree, nodesPerLevel } from '@foretoken/core/plugin';

/** How the session behaves. */
export interface TimedOptions {
  readonly levels: number;
  readonly context?: number;
  /** Nodes that a level has, as a decoder with trees makes them of one that was asked for. Default 1. */
  readonly width?: number;
  /** Milliseconds of a step; `nodes` of a row, the pending one apart. */
  stepMs(rows: number, levels: number, nodes: number): number;
}

/** A tree of levels of so many nodes, all below the first node of the level above. */
export function levelTree(levels: number, width = 1): Tree {
  const length = levels * width;
  return {
    tokens: new Int32Array(length),
    parent: Int32Array.from({ length }, (_, node) => (node < width ? -1 : (Math.floor(node / width) - 1) * width)),
    q: Array.from({ length }, () => 'chosen' as const),
  };
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
  /** Nodes that a level has; a decoder that makes chains has 1. */
  width: number;
  readonly #options: TimedOptions;
  readonly #lengths = new Map<number, number>();
  #nextId = 0;

  constructor(options: TimedOptions) {
    this.levels = options.levels;
    this.context = options.context ?? 512;
    this.width = options.width ?? 1;
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
    const { levels, rows, width } = this;
    const refuse = () => {
      throw new Error('no distribution');
    };
    return rows.map((row) => {
      let tree = emptyTree();
      for (let level = 1; level <= levels && level < this.room(row); level++) {
        const at = { row, level, levels, trained: levels, rows: rows.length };
        const first = tree.tokens.length - width;
        const frontier = level === 1 ? [-1] : Array.from({ length: width }, (_, sibling) => first + sibling);
        if (policy.grow(tree, frontier, refuse, at).length === 0) break;
        tree = levelTree(level, width);
      }
      return tree;
    });
  }

  async verify(trees: readonly Tree[]): Promise<Verdict[]> {
    const levels = Math.max(...trees.map((tree) => nodesPerLevel(tree).length));
    const nodes = Math.max(...trees.map(({ tokens }) => tokens.length));
    for (const row of this.rows) if (this.room(row) < 1) throw new Error(`row ${row} is full`);
    this.steps.push([trees.length, levels]);
    this.now += this.#options.stepMs(trees.length, levels, nodes);
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
