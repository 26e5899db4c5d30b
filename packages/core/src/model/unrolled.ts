// B rows, T positions, X... the shape of one recurrent state.
import {
  createNodes,
  type Engine,
  type KeyValues,
  type Nodes,
  type Tensor,
  unrolledKeyValues,
} from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import type { OffsetInput } from '../contracts/head.ts';
import type { Memory } from '../contracts/memory.ts';
import { scanNodes } from './scan.ts';

/** Where an offset stands, and what it remembers there. */
export type OffsetPlace = Pick<OffsetInput, 'at' | 'memory'>;

/**
 * Places of the offsets of one forward whose memory is unrolled: offset 2 stands on the text; each
 * further one has a node a column below the node of the offset before, `offset - 2` positions on. So offset i at column
 * t sees the text up to t as offset 2 read it, and what offsets 3 to i left at column t: what it will find in decoding,
 * where offset 2 alone has read the past and the others hang below drafted tokens.
 *
 * Ask for the offsets from 2 on, in ascending order without gaps, once each, in one tidy scope or recording.
 * @source Li et al. 2025 (EAGLE-3), arXiv:2503.01840, sec. 3.2, "training-time test"
 */
export class UnrolledOffsets {
  readonly #engine: Engine;
  readonly #text: Nodes;
  readonly #keyValues = new Map<string, KeyValues>();
  readonly #states = new Map<string, Tensor[]>();
  #last = 1;

  /** @param text - nodes of the T positions; they own those of the further offsets */
  constructor(engine: Engine, text: Nodes) {
    this.#engine = engine;
    this.#text = text;
  }

  /**
   * Where the next offset stands.
   * @throws OFFSET_UNSUPPORTED if it is not the one after the offset before: the nodes of each are the parents of the next
   */
  next(offset: number): OffsetPlace {
    if (offset !== this.#last + 1) {
      throw new ForetokenError(
        'OFFSET_UNSUPPORTED',
        `head: offset ${offset} comes after offset ${this.#last}, but with memory: unrolled each hangs below the one ` +
          'before. Predict 1, 2, 3, ... in that order, without carry: further, or declare memory: per-offset.',
      );
    }
    this.#last = offset;
    const at = offset === 2 ? this.#text : this.#below(offset - 2);
    return { at, memory: this.#memory(at) };
  }

  /**
   * A node a column, below that of the offset before.
   * @param positions - by which it stands past the text's, which are as many offsets as hang above it
   */
  #below(positions: number): Nodes {
    const { B, T, position_BT, length_B } = this.#text;
    const before = (positions - 1) * T;
    const parent_BT = Int32Array.from({ length: B * T }, (_, index) => before + (index % T));
    const moved_BT = position_BT.map((position) => position + positions);
    return createNodes({ T, position_BT: moved_BT, parent_BT, length_B }, this.#text);
  }

  #memory(at: Nodes): Memory {
    return {
      kv: (slot) => {
        const shared = this.#keyValues.get(slot) ?? unrolledKeyValues(slot);
        this.#keyValues.set(slot, shared);
        return shared;
      },
      scan: (slot, start_X, step) => this.#scan(slot, at, start_X, step),
    };
  }

  #scan(slot: string, at: Nodes, start_X: Tensor, step: (state_BX: Tensor, node: number) => Tensor): Tensor {
    const { ops } = this.#engine;
    const earlier = this.#states.get(slot) ?? [];
    const undecided_BUX = earlier.length > 0 ? ops.concat(earlier, 1) : undefined;
    const states_BTX = scanNodes(ops, at, { start_X, undecided_BUX }, step);
    this.#states.set(slot, [...earlier, states_BTX]);
    return states_BTX;
  }
}
