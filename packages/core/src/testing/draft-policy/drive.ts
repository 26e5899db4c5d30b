// V vocabulary. Asks a policy as a session does: level by level, all rows of a level before the next.
import type { DraftMoment, DraftPolicy, Growth, Tree } from '../../contracts/decoding.ts';
import type { Random } from '../../contracts/random.ts';
import { drawIndex, indicesOfLargest, without } from '../../generation/distribution.ts';
import { pathTo } from '../scripted-draft.ts';
import { type Heads, LEVELS, TRAINED, VOCABULARY } from './heads.ts';

/** A row that drafts. */
export interface DraftingRow {
  readonly id: number;
  readonly heads: Heads;
  /** Chooses a child's token, by what its elders left. */
  draw(q_V: Float64Array, child: Drawn): number;
}

/** A child that is to get its token. */
export interface Drawn {
  readonly parent: number;
  /** Of its elder siblings. */
  readonly elders: number;
}

/** Draws from a stream. */
export const drawing =
  (random: Random): DraftingRow['draw'] =>
  (q_V) =>
    drawIndex(q_V, random.uniform());

/** What a policy was asked, with what it was given, and what it answered. */
export interface Asked {
  readonly at: DraftMoment;
  readonly tree: Tree;
  readonly frontier: readonly number[];
  /** The distributions that it asked for, by node: the very arrays. */
  readonly p: ReadonlyMap<number, Float64Array>;
  readonly growths: readonly Growth[];
}

/** How a policy is asked. */
export interface Asking {
  /** Rows in the batch, where they are more than those that draft. */
  readonly rows?: number;
  /** Told of every answer, before anything is made of it. */
  readonly answered?: (asked: Asked) => void;
}

/** One draft of each row. @returns the trees, in the order of the rows */
export function drafts(policy: DraftPolicy, rows: readonly DraftingRow[], asking: Asking = {}): Tree[] {
  const growing = rows.map((row) => new GrowingDraft(row));
  for (let level = 1; level <= LEVELS; level++) {
    const open = growing.filter(({ frontier }) => frontier.length > 0);
    const at = { level, levels: LEVELS, trained: TRAINED, rows: asking.rows ?? rows.length };
    const wanted = open.map((draft) => draft.ask(policy, at, asking.answered));
    for (const [index, draft] of open.entries()) draft.grow(wanted[index]);
  }
  return growing.map((draft) => draft.tree());
}

class GrowingDraft {
  readonly #row: DraftingRow;
  readonly #tokens: number[] = [];
  readonly #parent: number[] = [];
  readonly #q: (Float64Array | 'chosen')[] = [];
  frontier: readonly number[] = [-1];

  constructor(row: DraftingRow) {
    this.#row = row;
  }

  ask(policy: DraftPolicy, at: Omit<DraftMoment, 'row'>, answered?: (asked: Asked) => void): readonly Growth[] {
    const p = new Map<number, Float64Array>();
    const { id } = this.#row;
    const asked = { at: { ...at, row: id }, tree: this.tree(), frontier: [...this.frontier], p };
    const said = (node: number) => {
      if (!this.frontier.includes(node)) {
        throw new Error(`p may be asked for a node of the frontier [${this.frontier}] alone, not for node ${node}`);
      }
      const p_V = p.get(node) ?? this.#said(node).slice();
      p.set(node, p_V);
      return p_V;
    };
    const growths = policy.grow(asked.tree, asked.frontier, said, asked.at);
    answered?.({ ...asked, growths });
    return growths;
  }

  /** Gives children as a session does: a growth without a child is none. */
  grow(growths: readonly Growth[]): void {
    this.frontier = growths.flatMap((growth) => this.#addChildren(growth));
  }

  tree(): Tree {
    return { tokens: Int32Array.from(this.#tokens), parent: Int32Array.from(this.#parent), q: [...this.#q] };
  }

  #addChildren({ node, children, sampled }: Growth): number[] {
    const said_V = this.#said(node);
    const most = Math.min(children, VOCABULARY);
    if (!sampled) return indicesOfLargest(said_V, most).map((token) => this.#add(node, token, 'chosen'));
    const elders = this.#tokens.filter((_, child) => this.#parent[child] === node);
    const added: number[] = [];
    for (let q_V = without(said_V, elders); q_V && added.length < most; ) {
      const token = this.#row.draw(q_V, { parent: node, elders: elders.length + added.length });
      added.push(this.#add(node, token, q_V));
      q_V = without(q_V, [token]);
    }
    return added;
  }

  #add(parent: number, token: number, q: Float64Array | 'chosen'): number {
    this.#parent.push(parent);
    this.#q.push(q);
    return this.#tokens.push(token) - 1;
  }

  #said(node: number): Float64Array {
    return this.#row.heads(pathTo({ tokens: this.#tokens, parent: this.#parent }, node));
  }
}
