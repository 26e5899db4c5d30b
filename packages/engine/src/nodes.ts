// B rows, T nodes a row.

/**
 * Where each position of a batch stands: T nodes a row, each seeing itself and its ancestors and nothing else.
 *
 * A chain is text, a branch a candidate of a tree, a leaf a register token, a root the start of a document. Text,
 * packed documents, candidate trees and registers are therefore one thing with one attention mask.
 *
 * Host arrays, not tensors: masks and rotary tables are derived from them on the host once per forward and shared by
 * every layer. `ops` keeps the derived tensors with the object; whoever created it calls `dispose`.
 */
export interface Nodes {
  readonly B: number;
  readonly T: number;
  /** Position of each node in its document, from 0; rotary angles follow it. Row-major, B*T long. */
  readonly position_BT: Int32Array;
  /**
   * Parent of each node: its index among the *undecided* nodes of the row (those appended since the last commit, this
   * forward's first node being number 0 when nothing was undecided before); {@link LAST_COMMITTED} or {@link ROOT}.
   * A parent comes before its child.
   */
  readonly parent_BT: Int32Array;
  /** Real nodes of each row; the rest of the row is padding, whose outputs mean nothing and are never read. */
  readonly length_B: Int32Array;
  /** Frees the tensors derived from this object (masks, rotary tables). */
  dispose(): void;
}

/** Parent of a node that continues the committed tokens of its row (in training: none, so it equals a root). */
export const LAST_COMMITTED = -1;

/** Parent of a node that starts a document: it sees nothing before itself. */
export const ROOT = -2;
