// B rows, T nodes a row.
import { ForetokenError } from './errors.ts';
import type { Tensor } from './tensor.ts';

/**
 * Where each position of a batch stands: T nodes a row, each seeing itself and its ancestors and nothing else.
 *
 * A chain is text, a branch a candidate of a tree, a leaf a register token, a root the start of a document. Text,
 * packed documents, candidate trees and registers are therefore one thing with one attention mask.
 *
 * Host arrays, not tensors: masks and rotary tables are derived from them on the host, once per forward at most, and shared by
 * every layer. `ops` keeps the derived tensors with the object; whoever created it calls `dispose`.
 */
export interface Nodes {
  /** Rows. */
  readonly B: number;
  /** Nodes a row, padding included. */
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

/** What to make nodes from. */
export interface NodesInit {
  /** Nodes a row, padding included. */
  readonly T: number;
  /** See {@link Nodes.position_BT}. */
  readonly position_BT: Int32Array;
  /** See {@link Nodes.parent_BT}. */
  readonly parent_BT: Int32Array;
  /** See {@link Nodes.length_B}. */
  readonly length_B: Int32Array;
}

/**
 * Makes nodes after checking them.
 * @param owner - nodes made by `createNodes` that dispose these with themselves
 * @throws SHAPE_MISMATCH if an array has another length than B*T, or a length leaves 0..T
 */
export function createNodes(init: NodesInit, owner?: Nodes): Nodes {
  checkNodes(init);
  const nodes = new DerivedNodes(init);
  if (owner instanceof DerivedNodes) owner.own(nodes);
  return nodes;
}

/** How {@link chainNodes} lays text out. */
export interface ChainOptions {
  /** Position of each row's first node: the committed length when decoding. Default 0. */
  readonly start_B?: ArrayLike<number>;
  /** Real nodes of each row. Default T. */
  readonly length_B?: ArrayLike<number>;
  /**
   * Number of the document that each node belongs to, row-major, B*T long: where it changes within a row, a new
   * document starts, at position 0. Default: one document a row, which continues what is committed.
   */
  readonly document_BT?: ArrayLike<number>;
}

/**
 * Nodes of plain text: each node continues the one before it, unless a new document starts there.
 *
 * The first node of a row continues the committed tokens of the row, where there are any.
 * @param B - rows
 * @param T - nodes a row
 */
export function chainNodes(B: number, T: number, options: ChainOptions = {}): Nodes {
  const position_BT = new Int32Array(B * T);
  const parent_BT = new Int32Array(B * T);
  const { start_B, document_BT } = options;
  for (let row = 0; row < B; row++) {
    for (let node = 0; node < T; node++) {
      const at = row * T + node;
      const starts = node > 0 && document_BT !== undefined && document_BT[at] !== document_BT[at - 1];
      parent_BT[at] = starts ? ROOT : node === 0 ? LAST_COMMITTED : node - 1;
      position_BT[at] = starts ? 0 : node === 0 ? (start_B?.[row] ?? 0) : position_BT[at - 1] + 1;
    }
  }
  const length_B = Int32Array.from({ length: B }, (_, row) => options.length_B?.[row] ?? T);
  return createNodes({ T, position_BT, parent_BT, length_B });
}

/**
 * Tensors derived from nodes once and shared by every layer of a forward: masks, rotary tables.
 * @param key - names what is derived, options included
 * @param make - called once; its tensors outlive any tidy scope and are freed with the nodes
 */
export function derived<T extends Tensor | Tensor[]>(nodes: Nodes, key: string, make: () => T): T {
  if (nodes instanceof DerivedNodes) return nodes.derive(key, make);
  throw new ForetokenError('SHAPE_MISMATCH', 'nodes must come from createNodes or chainNodes, got another object.');
}

class DerivedNodes implements Nodes {
  readonly B: number;
  readonly T: number;
  readonly position_BT: Int32Array;
  readonly parent_BT: Int32Array;
  readonly length_B: Int32Array;
  private derivedTensors: Map<string, Tensor | Tensor[]> | undefined;
  private owned: Nodes[] | undefined;

  constructor(init: NodesInit) {
    this.B = init.length_B.length;
    this.T = init.T;
    this.position_BT = init.position_BT;
    this.parent_BT = init.parent_BT;
    this.length_B = init.length_B;
  }

  derive<T extends Tensor | Tensor[]>(key: string, make: () => T): T {
    const known = this.derivedTensors?.get(key) as T | undefined;
    if (known !== undefined) return known;
    const made = make();
    // As tf.keep does; importing tfjs for it would cost every reader of this file half a second.
    for (const tensor of [made].flat() as Tensor[]) tensor.kept = true;
    this.derivedTensors ??= new Map();
    this.derivedTensors.set(key, made);
    return made;
  }

  own(nodes: Nodes): void {
    this.owned ??= [];
    this.owned.push(nodes);
  }

  dispose(): void {
    if (this.derivedTensors !== undefined) {
      for (const tensor of [...this.derivedTensors.values()].flat()) tensor.dispose();
      this.derivedTensors = undefined;
    }
    const owned = this.owned;
    this.owned = undefined;
    if (owned !== undefined) for (const nodes of owned) nodes.dispose();
  }
}

function checkNodes({ T, position_BT, parent_BT, length_B }: NodesInit): void {
  const expected = length_B.length * T;
  checkLength('position_BT', position_BT, expected, T);
  checkLength('parent_BT', parent_BT, expected, T);
  const bad = length_B.findIndex((length) => length < 0 || length > T);
  if (bad >= 0) {
    throw new ForetokenError(
      'SHAPE_MISMATCH',
      `nodes: a row must have 0..T = ${T} nodes, got ${length_B[bad]} in row ${bad}.`,
    );
  }
}

function checkLength(name: string, { length }: Int32Array, expected: number, T: number): void {
  if (length === expected) return;
  const rule = `${name} must hold B*T = ${T === 0 ? 0 : expected / T}*${T} values`;
  throw new ForetokenError('SHAPE_MISMATCH', `nodes: ${rule}, got ${length}.`);
}
