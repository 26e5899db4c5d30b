// B rows, T nodes a row, X... the shape of one state.
import type { KeyValues, Tensor } from '@foretoken/engine';

/**
 * What a trunk or head remembers of the tokens before this forward. Plugins append; the framework alone commits a
 * path, forks rows and frees. That makes rollback right for a recurrent trunk too, where a length undoes nothing.
 * In training there is no past: a step starts every document anew. Where offsets share a memory (`unrolled`), what the
 * nearer offsets of the step appended is there all the same, and gradients reach it.
 */
export interface Memory {
  /** Keys and values of one attention layer, for `ops.attention`. */
  kv(slot: string): KeyValues;
  /**
   * A recurrence over this forward's nodes: `step(state, node)` is called once per node, parents before children, with
   * the state after the node's parent: the committed state of the row, `start_X` for a root, or an earlier result.
   * It holds for chains, packed documents and candidate trees alike, and is differentiable in training.
   *
   * What depends on a token alone is best computed for all nodes before; the step is what must be done in order.
   *
   * @param slot - names the state, one for each recurrence of the owner: two that share a slot overwrite each other
   * @param start_X - state before the first token of a document, one for all rows; any shape, such as [D] or [H,d,d]
   * @param step - from state_BX to the state after node number `node`, of the same shape. `node` is the column of this
   * forward's tensors, x_BTD[:, node], and nothing else: no place in the text (`Nodes.position_BT` is), and in a tree not one
   * after the state that is given. It keeps nothing from one call to the next
   * @returns states_BTX, the state after each node
   */
  scan(slot: string, start_X: Tensor, step: (state_BX: Tensor, node: number) => Tensor): Tensor;
}
