// B rows, T nodes, H attention heads, G key/value heads, d width of one attention head, C = G*d.
import { ForetokenError, shapeMismatch } from '../errors.ts';
import { HostKeyValueStore, type KeyValueRow } from '../key-value-rows.ts';
import type { KeyValueStore } from '../key-values.ts';
import type { Attender } from '../loops/attend.ts';
import type { Nodes } from '../nodes.ts';
import type { Tensor4D } from '../tensor.ts';
import { hostComputeOne } from '../tfjs/host.ts';
import type { AttentionSizes } from './attention-pairs.ts';

/** A row of a store in a forward. */
export interface BoundRow {
  readonly row: KeyValueRow;
  /** Undecided number of this forward's first node; the later ones are announced but not filled in yet. */
  readonly first: number;
}

/**
 * Checks and notes the parents of every row's new nodes and makes room for them.
 *
 * The real nodes of each row become undecided ones, whose keys and values the kernel then brings.
 */
export function announce(store: KeyValueStore, at: Nodes, { B, G, d }: AttentionSizes): BoundRow[] {
  if (!(store instanceof HostKeyValueStore)) {
    throw new ForetokenError(
      'ENGINE_MISUSE',
      `attention: key/value store "${store.slot}" was made by another engine. Open the store on the engine that runs.`,
    );
  }
  return store.rowsOf(B, G * d).map((row, index) => ({ row, first: announceRow(row, at, index, G * d) }));
}

/** Gives the undecided number of the first new node. */
function announceRow(row: KeyValueRow, at: Nodes, index: number, C: number): number {
  const first = row.parents.length;
  const count = at.length_B[index];
  const parents = Array.from(at.parent_BT.subarray(index * at.T, index * at.T + count));
  const bad = parents.findIndex((parent, node) => parent < -2 || parent >= first + node);
  if (bad >= 0) {
    const rule = `parents before their children, in [-2, ${first + bad})`;
    throw shapeMismatch('attention', rule, `${parents[bad]} for node ${bad}`);
  }
  row.reserve(count, C);
  row.parents.push(...parents);
  return first;
}

/**
 * Copies the announced nodes of a row into it.
 * @param from - index of the first node's first value
 */
export function append(
  { row, first }: BoundRow,
  keys: Float32Array,
  values: Float32Array,
  from: number,
  C: number,
): void {
  const count = row.parents.length - first;
  const to = (row.committed + first) * C;
  row.keys.set(keys.subarray(from, from + count * C), to);
  row.values.set(values.subarray(from, from + count * C), to);
}

/** Attention with a past, as loops over exactly what each node sees. Padding gets zeros. */
export function attendCached(
  attender: Attender,
  q: Tensor4D,
  k: Tensor4D,
  v: Tensor4D,
  at: Nodes,
  store: KeyValueStore,
  sizes: AttentionSizes,
): Tensor4D {
  const { T, G, d } = sizes;
  const C = G * d;
  const bound = announce(store, at, sizes);
  return hostComputeOne([q, k, v], q.shape, (out, queries, keys, values) => {
    out.fill(0);
    for (const [index, one] of bound.entries()) {
      append(one, keys, values, index * T * C, C);
      attendRow(one.row, one.first, index, sizes, attender, queries, out);
    }
  });
}

/** Attends the nodes of a row from number `first` on. */
function attendRow(
  row: KeyValueRow,
  first: number,
  index: number,
  { T, H, G, d }: AttentionSizes,
  attender: Attender,
  queries: Float32Array,
  out: Float32Array,
): void {
  const nodes = row.committed + row.parents.length;
  const places = new Int32Array(nodes);
  attender.load(row.keys, row.values, nodes * G * d);
  for (let node = first; node < row.parents.length; node++) {
    attender.see(places, locate(row, node, G * d, places));
    const start = (index * T + node - first) * H * d;
    for (let head = 0; head < H; head++) {
      attender.attend(queries, start + head * d, Math.floor((head * G) / H) * d, d, out);
    }
  }
}

/** Notes where the keys that a node sees start, oldest first; gives their number. */
function locate(row: KeyValueRow, node: number, C: number, places: Int32Array): number {
  const { committed, undecided } = row.visible(node);
  const first = committed ? row.visibleFrom : row.committed;
  const past = row.committed - first;
  for (let index = 0; index < past; index++) places[index] = (first + index) * C;
  for (let index = 0; index < undecided.length; index++) places[past + index] = undecided[index] * C;
  return past + undecided.length;
}
