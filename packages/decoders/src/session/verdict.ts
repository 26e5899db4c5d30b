import type { Verdict } from '@foretoken/core';
import { ForetokenError } from '@foretoken/engine/errors';
import type { ReadoutRows } from './readout-rows.ts';

/**
 * What the model says after the nodes of one tree.
 *
 * @param firstRow - row of the readout that belongs to the pending token; the tree's nodes follow
 */
export function treeVerdict(readout: ReadoutRows, firstRow: number, numNodes: number): Verdict {
  const rowOf = (node: number) => {
    if (Number.isInteger(node) && node >= -1 && node < numNodes) return firstRow + 1 + node;
    throw new ForetokenError(
      'SESSION_MISUSE',
      `verdict: the tree has ${numNodes} nodes, numbered from 0, and -1 for the pending token; asked about ${node}.`,
    );
  };
  return {
    argmax: (node) => readout.argmax(rowOf(node)),
    p: (node) => readout.p(rowOf(node)),
    logits: (node) => readout.logits(rowOf(node)),
  };
}
