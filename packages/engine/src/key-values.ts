// B rows of a forward, T nodes a row, G key/value attention heads, d width of one attention head.

/**
 * Keys and values of one attention layer. Plugins only pass it to `ops.attention`, which appends this forward's nodes
 * to it as *undecided*; the framework alone commits, forks and frees.
 */
export interface KeyValues {
  /** Names the layer; unique within the owner. */
  readonly slot: string;
}

/**
 * The framework's side of {@link KeyValues}: one slot, many ragged rows. Made by the engine so that an engine may keep
 * keys and values in whatever layout its attention kernel likes.
 */
export interface KeyValueStore extends KeyValues {
  /** Opens an empty row under a new id chosen by the caller. */
  join(row: number): void;
  /** Frees a row. */
  leave(row: number): void;
  /** Makes `to` a copy of the committed part of `from`; later changes of one do not show in the other. */
  fork(from: number, to: number): void;
  /** Which row each batch index of the next forward means. */
  bind(rows: readonly number[]): void;
  /** Keeps these undecided nodes of a row, in this order, as committed; drops the row's other undecided nodes. */
  commit(row: number, path: readonly number[]): void;
  /** Committed length of a row. */
  length(row: number): number;
  /** Undecided nodes of a row. */
  undecided(row: number): number;
  /** Frees everything. */
  dispose(): void;
}

/** Keeps a path of each row in every store, one by one. */
export function commitEach(
  stores: readonly KeyValueStore[],
  rows: readonly number[],
  paths: readonly (readonly number[])[],
): void {
  for (const store of stores) for (let index = 0; index < rows.length; index++) store.commit(rows[index], paths[index]);
}
