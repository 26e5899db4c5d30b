// B rows, T nodes.
import type { KeyValueRow } from '../../key-value-rows.ts';
import type { Nodes } from '../../nodes.ts';
import { SIGHT_FIELDS } from './shaders/attention.ts';

/** Places that a node sees, oldest first. */
type Places = readonly number[];

/**
 * What the attention shader reads: for every node where two lists of places start and how long they are, then the lists.
 */
export class Sights {
  private readonly fields: Int32Array;
  private readonly lists: number[] = [];
  private length: number;

  /** @param numNodes - B*T */
  constructor(numNodes: number) {
    this.fields = new Int32Array(SIGHT_FIELDS * numNodes);
    this.length = this.fields.length;
  }

  /** Notes places for {@link see}: by their first one where they follow each other, else as a list. */
  list(places: Places): { readonly start: number; readonly count: number } {
    const count = places.length;
    const first = places[0] ?? 0;
    if (places.every((place, at) => place === first + at)) return { start: -first - 1, count };
    const start = this.length;
    for (const place of places) this.lists.push(place);
    this.length += count;
    return { start, count };
  }

  /** Lets a node see two lists, the older one first. */
  see(node: number, older: ReturnType<Sights['list']>, newer: ReturnType<Sights['list']>): void {
    this.fields.set([older.start, older.count, newer.start, newer.count], SIGHT_FIELDS * node);
  }

  values(): Int32Array {
    const all = new Int32Array(this.length);
    all.set(this.fields);
    all.set(this.lists, this.fields.length);
    return all;
  }
}

/** Without a past, each node sees its ancestors and itself, which lie where they stand; padding sees itself. */
export function sightsOf(at: Nodes): Int32Array {
  const { B, T, parent_BT, length_B } = at;
  const sights = new Sights(B * T);
  const nothing = sights.list([]);
  const seen: Places[] = [];
  for (let node = 0; node < B * T; node++) {
    const first = Math.floor(node / T) * T;
    const parent = node - first < length_B[(node / T) | 0] ? parent_BT[node] : -1;
    seen[node] = [...(parent >= 0 ? seen[first + parent] : []), node];
    sights.see(node, nothing, sights.list(seen[node]));
  }
  return sights.values();
}

/** A row of a store in a forward: its nodes from `first` on are new. */
export interface NewNodes {
  readonly row: KeyValueRow;
  readonly first: number;
  /** Where the row's nodes lie, committed ones first. */
  readonly places: Places;
}

/** With a past: what each new node sees of its row. Padding sees nothing. */
export function sightsOfRows(rows: readonly NewNodes[], T: number): Int32Array {
  const sights = new Sights(rows.length * T);
  for (const [index, { row, first, places }] of rows.entries()) {
    const past = sights.list(places.slice(row.visibleFrom, row.committed));
    const nothing = sights.list([]);
    for (let node = first; node < row.parents.length; node++) {
      const { committed, undecided } = row.visible(node);
      const own = sights.list(undecided.map((at) => places[at]));
      sights.see(index * T + node - first, committed ? past : nothing, own);
    }
  }
  return sights.values();
}
