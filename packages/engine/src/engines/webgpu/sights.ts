// B rows, T nodes.
import type { KeyValueRow } from '../../key-value-rows.ts';
import type { Nodes } from '../../nodes.ts';
import { SIGHT_FIELDS } from './shaders/attention.ts';

/** Places that a node sees, oldest first. */
type Places = readonly number[];

/** Where the attention shader finds places: from `start` in its list on, or `-start-1` and the places behind it. */
interface Noted {
  readonly start: number;
  readonly count: number;
}

const NOTHING: Noted = { start: -1, count: 0 };

/**
 * What the attention shader reads: for every node where two lists of places start and how long they are, then the lists.
 */
export class Sights {
  private readonly fields: Int32Array;
  private readonly lists: number[] = [];

  /** @param numNodes - B*T; all of them see nothing at first */
  constructor(numNodes: number) {
    this.fields = new Int32Array(SIGHT_FIELDS * numNodes);
  }

  /** Notes places: by their first one where they follow each other, else as a list. */
  note(places: Places): Noted {
    const count = places.length;
    const [first = 0] = places;
    if (places.every((place, at) => place === first + at)) return { start: -first - 1, count };
    const start = this.fields.length + this.lists.length;
    for (const place of places) this.lists.push(place);
    return { start, count };
  }

  /** Lets a node see what was noted, the older part first. */
  see(node: number, older: Noted, newer: Noted): void {
    this.fields.set([older.start, older.count, newer.start, newer.count], SIGHT_FIELDS * node);
  }

  values(): Int32Array {
    const all = new Int32Array(this.fields.length + this.lists.length);
    all.set(this.fields);
    all.set(this.lists, this.fields.length);
    return all;
  }
}

/** Neighbours from `first` on, or, where a tree branches, any places. */
interface Seen {
  readonly first: number;
  readonly count: number;
  readonly places?: Places;
}

const placesOf = ({ first, count, places }: Seen): Places =>
  places ?? Array.from({ length: count }, (_, at) => first + at);

/** What a child sees: what its parent sees, and itself. */
function withChild(parent: Seen | undefined, node: number): Seen {
  if (parent === undefined) return { first: node, count: 1 };
  const { first, count } = parent;
  // Places with a gap end behind first + count, and a child stands behind its parent.
  if (node === first + count) return { first, count: count + 1 };
  return { first, count: count + 1, places: [...placesOf(parent), node] };
}

/** Without a past, each node sees its ancestors and itself, which lie where they stand; padding sees itself. */
export function sightsOf({ B, T, parent_BT, length_B }: Nodes): Int32Array {
  const sights = new Sights(B * T);
  const seen: Seen[] = [];
  for (let node = 0; node < B * T; node++) {
    const row = Math.floor(node / T);
    const parent = node - row * T < length_B[row] ? parent_BT[node] : -1;
    seen[node] = withChild(parent < 0 ? undefined : seen[row * T + parent], node);
    const { first, count, places } = seen[node];
    sights.see(node, NOTHING, places === undefined ? { start: -first - 1, count } : sights.note(places));
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
    const past = sights.note(places.slice(row.visibleFrom, row.committed));
    for (let node = first; node < row.parents.length; node++) {
      const { committed, undecided } = row.visible(node);
      const own = sights.note(undecided.map((at) => places[at]));
      sights.see(index * T + node - first, committed ? past : NOTHING, own);
    }
  }
  return sights.values();
}
