import type { Tree } from '@foretoken/core';
import type { Place } from './chunk.ts';
import { pathTo } from './path.ts';
import type { Row } from './row.ts';

const NO_CARRIES: ReadonlyMap<number, Place> = new Map();
const NO_NUMBERS: ReadonlyMap<number, number> = new Map();

/** A tree that grows level by level on one row. Node -1 is the pending token, at level 0. */
export class DraftTree {
  readonly row: Row;
  /** Nodes of the last level, those that may get children. */
  frontier: readonly number[] = [-1];
  /** What the offset evaluated last left for its neighbour after each node: its carry. */
  carries: ReadonlyMap<number, Place> = NO_CARRIES;
  /** Number, among the row's undecided nodes of an unrolled memory, of the offset evaluated last after each node. */
  undecided: ReadonlyMap<number, number> = NO_NUMBERS;
  #numUndecided = 0;
  readonly #tokens: number[] = [];
  readonly #parent: number[] = [];
  readonly #level: number[] = [];
  readonly #q: (Float64Array | 'chosen')[] = [];

  constructor(row: Row) {
    this.row = row;
  }

  add(parent: number, token: number, q: Float64Array | 'chosen'): number {
    this.#parent.push(parent);
    this.#tokens.push(token);
    this.#level.push(this.levelOf(parent) + 1);
    return this.#q.push(q) - 1;
  }

  levelOf(node: number): number {
    return node < 0 ? 0 : this.#level[node];
  }

  parentOf(node: number): number {
    return this.#parent[node];
  }

  /** Token number `index` of the row, which lies on the path to a node once the row's own tokens are over. */
  tokenAt(index: number, node: number): number {
    if (index < this.row.length) return this.row.tokenAt(index);
    let at = node;
    while (this.#level[at] > index - this.row.numColumns) at = this.#parent[at];
    return this.#tokens[at];
  }

  /** Tokens of the children that a node has so far. */
  childrenOf(node: number): number[] {
    return this.#tokens.filter((_, child) => this.#parent[child] === node);
  }

  /** The row's tokens and those of the path to a node. */
  seen(node: number): Int32Array {
    return this.row.seen(this.row.length, pathTo(node, this.#parent, this.#tokens));
  }

  /** Notes that an offset left undecided nodes in the row's memory, one after each of these nodes. */
  hang(nodes: readonly number[]): void {
    this.undecided = new Map(nodes.map((node) => [node, this.#numUndecided++]));
  }

  /** The frontier and all above it but the pending token, parents first. */
  frontierPaths(): number[] {
    const wanted = new Set<number>();
    for (const node of this.frontier) for (let at = node; at >= 0; at = this.#parent[at]) wanted.add(at);
    return [...wanted].sort((a, b) => a - b);
  }

  /** A copy as the policy and the decoder see it. */
  toTree(): Tree {
    return { tokens: new Int32Array(this.#tokens), parent: new Int32Array(this.#parent), q: this.#q.slice() };
  }
}
