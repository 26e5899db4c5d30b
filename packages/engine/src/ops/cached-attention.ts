// B rows, T nodes, H attention heads, G key/value heads, d width of one attention head, C = G*d.
import { shapeMismatch } from '../errors.ts';
import type { HostKeyValueStore, KeyValueRow } from '../key-value-rows.ts';
import { type AttendScratch, attendOne } from '../loops/attend.ts';
import type { Nodes } from '../nodes.ts';
import type { Tensor4D } from '../tensor.ts';
import { hostComputeOne } from '../tfjs/host.ts';
import type { AttentionSizes } from './attention.ts';

/**
 * Attention with a past, as plain loops over exactly what each node sees.
 *
 * Appends the real nodes of each row as undecided. Padding gets zeros.
 */
export function cachedAttention(
  q: Tensor4D,
  k: Tensor4D,
  v: Tensor4D,
  at: Nodes,
  store: HostKeyValueStore,
  { B, T, H, G, d }: AttentionSizes,
): Tensor4D {
  const rows = store.rowsOf(B, G * d);
  const firsts = rows.map((row, index) => announce(row, at, index, G * d));
  return hostComputeOne([q, k, v], q.shape, (out, queries, keys, values) => {
    out.fill(0);
    const scratch = emptyScratch(d);
    for (const [index, row] of rows.entries()) {
      append(row, firsts[index], keys, values, index * T * G * d, G * d);
      for (let node = 0; node < at.length_B[index]; node++) {
        const start = (index * T + node) * H * d;
        attendNode(row, firsts[index] + node, queries, start, { H, G, d }, out, scratch);
      }
    }
  });
}

function emptyScratch(d: number): AttendScratch {
  return {
    scores: new Float64Array(0),
    places: new Int32Array(0),
    query: new Float64Array(d),
    sums: new Float64Array(d),
  };
}

/** Checks and notes the parents of a row's new nodes; gives the undecided number of the first. */
function announce(row: KeyValueRow, at: Nodes, index: number, C: number): number {
  const first = row.parents.length;
  const count = at.length_B[index];
  const parents = Array.from(at.parent_BT.subarray(index * at.T, index * at.T + count));
  const bad = parents.findIndex((parent, node) => parent < -2 || parent >= first + node);
  if (bad >= 0) {
    throw shapeMismatch(
      'attention',
      `parents before their children, in [-2, ${first + bad})`,
      `${parents[bad]} for node ${bad}`,
    );
  }
  row.reserve(count, C);
  row.parents.push(...parents);
  return first;
}

function append(
  row: KeyValueRow,
  first: number,
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

function attendNode(
  row: KeyValueRow,
  node: number,
  queries: Float32Array,
  start: number,
  { H, G, d }: { H: number; G: number; d: number },
  out: Float32Array,
  scratch: AttendScratch,
): void {
  const count = locate(row, node, G * d, scratch);
  for (let head = 0; head < H; head++) {
    const cached = { keys: row.keys, values: row.values, start: Math.floor((head * G) / H) * d, d };
    attendOne(queries, start + head * d, cached, count, out, scratch);
  }
}

/** Notes where the keys that a node sees start, oldest first; gives their number. */
function locate(row: KeyValueRow, node: number, C: number, scratch: AttendScratch): number {
  const { committed, undecided } = row.visible(node);
  const first = committed ? row.visibleFrom : row.committed;
  const count = row.committed - first + undecided.length;
  if (scratch.places.length < count) {
    scratch.places = new Int32Array(2 * count);
    scratch.scores = new Float64Array(2 * count);
  }
  for (let index = first; index < row.committed; index++) scratch.places[index - first] = index * C;
  for (const [index, at] of undecided.entries()) scratch.places[row.committed - first + index] = at * C;
  return count;
}
