// B rows, T nodes, H attention heads, G key/value heads, d width of one attention head, L keys a row.
import { type Array64, fill, fillAt, valueAt } from './array.ts';

/** Turns the pairs (j, j + d/2) of x [B,T,H,d] by position * base^(-2j/d). */
export function rotary(x: Array64, position_BT: ArrayLike<number>, base = 10000): Array64 {
  const [, T, , d] = x.shape;
  const half = d / 2;
  return fillAt(x.shape, (row, node, head, at) => {
    const j = at % half;
    const angle = position_BT[row * T + node] * base ** ((-2 * j) / d);
    const low = valueAt(x, row, node, head, j);
    const high = valueAt(x, row, node, head, j + half);
    return at < half ? low * Math.cos(angle) - high * Math.sin(angle) : high * Math.cos(angle) + low * Math.sin(angle);
  });
}

/**
 * softmax(q k / sqrt(d)) v of q [B,T,H,d] over the keys that each node sees.
 * @param sees - whether node `node` of a row sees key `key` of k and v [B,L,G,d]
 */
export function attention(
  q: Array64,
  k: Array64,
  v: Array64,
  sees: (row: number, node: number, key: number) => boolean,
): Array64 {
  const [B, T, H, d] = q.shape;
  const [, L, G] = k.shape;
  const out = fill(q.shape, () => 0);
  for (let row = 0; row < B; row++) {
    for (let node = 0; node < T; node++) {
      const seen = Array.from({ length: L }, (_, key) => key).filter((key) => sees(row, node, key));
      for (let head = 0; head < H; head++) {
        const query = ((row * T + node) * H + head) * d;
        const starts = seen.map((key) => ((row * L + key) * G + Math.floor((head * G) / H)) * d);
        out.values.set(attendTo(q.values.subarray(query, query + d), k.values, v.values, starts), query);
      }
    }
  }
  return out;
}

/** softmax(q k / sqrt(d)) v of one query over the keys and values that start at `starts`. */
function attendTo(
  query: Float64Array,
  keys: Float64Array,
  values: Float64Array,
  starts: readonly number[],
): Float64Array {
  const d = query.length;
  const weights = starts.map((start) => {
    let score = 0;
    for (let j = 0; j < d; j++) score += query[j] * keys[start + j];
    return Math.exp(score / Math.sqrt(d));
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return query.map((_, j) => weights.reduce((sum, weight, key) => sum + weight * values[starts[key] + j], 0) / total);
}

/** Whether `key` is `node` or one of its ancestors, by the parents of one row. */
export function isAncestor(parents: ArrayLike<number>, node: number, key: number): boolean {
  for (let at = node; at >= 0; at = parents[at]) if (at === key) return true;
  return false;
}
