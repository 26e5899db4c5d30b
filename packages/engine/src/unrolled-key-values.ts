// B rows, T columns, G key/value attention heads, d width of one attention head.
import { ForetokenError } from './errors.ts';
import type { KeyValues } from './key-values.ts';
import type { Nodes } from './nodes.ts';
import type { Tensor4D } from './tensor.ts';

/** Keys and values [B,T,G,d] that one call of attention brought. */
export interface ColumnKeyValues {
  readonly k: Tensor4D;
  readonly v: Tensor4D;
}

/**
 * Keys and values of one attention layer over several calls of one forward, on the tape: the first call brings text,
 * every later one a node a column below that of the call before. So a node sees what the first call's node of its column
 * sees, and the nodes of the calls in between in its own column.
 *
 * It holds tensors of the scope or recording in which it is used and ends with it; nothing is to be freed.
 */
export class UnrolledKeyValues implements KeyValues {
  readonly slot: string;
  private text: Nodes | undefined;
  private readonly kept: ColumnKeyValues[] = [];

  constructor(slot: string) {
    this.slot = slot;
  }

  /** Nodes of the first call; undefined before it. */
  get textNodes(): Nodes | undefined {
    return this.text;
  }

  /** What earlier calls brought, the text first. */
  get calls(): readonly ColumnKeyValues[] {
    return this.kept;
  }

  /**
   * Notes the keys and values of a call.
   * @throws ENGINE_MISUSE if the nodes are not where this call's nodes must be
   */
  append(at: Nodes, brought: ColumnKeyValues): void {
    const bad = this.misplaced(at);
    if (bad !== undefined) {
      const rule = this.text
        ? `call ${this.kept.length + 1} must have each node below that of call ${this.kept.length} in its column`
        : 'the first call must bring text, each parent before its child';
      throw new ForetokenError(
        'ENGINE_MISUSE',
        `key/value memory "${this.slot}": ${rule}; ${bad}. Mend the order of the calls.`,
      );
    }
    this.text ??= at;
    this.kept.push(brought);
  }

  private misplaced({ B, T, parent_BT, length_B }: Nodes): string | undefined {
    const { text } = this;
    if (text && (B !== text.B || T !== text.T || length_B.some((length, row) => length !== text.length_B[row]))) {
      return `this one has other rows or columns: ${B} x ${T}, was ${text.B} x ${text.T}`;
    }
    const first = text ? (this.kept.length - 1) * T : 0;
    for (let row = 0; row < B; row++) {
      for (let node = 0; node < length_B[row]; node++) {
        const parent = parent_BT[row * T + node];
        if (text ? parent !== first + node : parent >= node) return `row ${row}: node ${node} has parent ${parent}`;
      }
    }
    return undefined;
  }
}

/**
 * The memory of a forward whose later calls hang one node a column below the earlier ones, as a head does whose offsets
 * share one memory. It has no past and can be recorded: gradients reach the keys and values of every call.
 *
 * `ops.attention` takes it in place of a store. The first call's nodes are those of text; call c >= 2 has the nodes
 * whose parents are those of call c-1 of the same column, numbered as undecided nodes are: (c-2)*T + column.
 */
export function unrolledKeyValues(slot: string): KeyValues {
  return new UnrolledKeyValues(slot);
}
