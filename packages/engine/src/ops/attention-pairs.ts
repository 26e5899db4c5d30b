// B rows, T nodes, H attention heads, G key/value heads, r = H/G, d width of one attention head.

/** Sizes of one call. */
export interface AttentionSizes {
  readonly B: number;
  readonly T: number;
  readonly H: number;
  readonly G: number;
  readonly d: number;
}

/** One row with one key/value head and its r query heads. */
export interface Pair {
  readonly row: number;
  readonly group: number;
}

/** Sizes of one call, with those of its pairs. */
export interface PairSizes extends AttentionSizes {
  readonly r: number;
  /** Of the scores: 1/sqrt(d). */
  readonly scale: number;
}

/** Every pair, rows first. */
export function pairsOf({ B, G }: AttentionSizes): Pair[] {
  return Array.from({ length: B * G }, (_, index) => ({ row: Math.floor(index / G), group: index % G }));
}

/** Index of the first value, in queries [B,T,H,d], of one query head of a pair. */
export function queryStart({ row, group }: Pair, head: number, { T, H, d, r }: PairSizes): number {
  return row * T * H * d + (group * r + head) * d;
}

/** Index of the first value of a pair in keys or values [B,T,G,d]. */
export function keyStart({ row, group }: Pair, { T, G, d }: PairSizes): number {
  return row * T * G * d + group * d;
}
