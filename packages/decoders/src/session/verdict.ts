// V token ids, S tokens seen.
import type { Tree, Verdict } from '@foretoken/core';
import { ForetokenError } from '@foretoken/engine/errors';
import { pathTo } from './path.ts';
import type { ReadoutRows } from './readout-rows.ts';
import type { Row } from './row.ts';

/**
 * What the model says after the nodes of one tree.
 *
 * @param firstRow - row of the readout that belongs to the pending token; the tree's nodes follow
 * @param row - the row that the tree continues; what is committed to it later changes nothing here
 */
export function treeVerdict(
  readout: ReadoutRows,
  firstRow: number,
  { tokens, parent }: Pick<Tree, 'tokens' | 'parent'>,
  row: Row,
): Verdict {
  const { sampler, length } = row;
  const rowOf = (node: number) => {
    if (Number.isInteger(node) && node >= -1 && node < tokens.length) return firstRow + 1 + node;
    throw new ForetokenError(
      'SESSION_MISUSE',
      `verdict: the tree has ${tokens.length} nodes, numbered from 0, and -1 for the pending token; asked about ${node}. Mend the acceptance rule.`,
    );
  };
  const logits = (node: number) => readout.logits(rowOf(node));
  if (!sampler) return { argmax: (node) => readout.argmax(rowOf(node)), p: (node) => readout.p(rowOf(node)), logits };
  const seen = (node: number) => () => row.seen(length, pathTo(node, parent, tokens));
  return {
    argmax: (node) => sampler.argmax(readout.view(rowOf(node)), seen(node)),
    p: (node) => sampler.distribution(readout.view(rowOf(node)), seen(node)),
    logits,
  };
}
