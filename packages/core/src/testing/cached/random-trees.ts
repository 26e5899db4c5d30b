// B rows, T nodes a row, D width.
import { LAST_COMMITTED, ROOT } from '@foretoken/engine/nodes';
import type { Random } from '../../contracts/random.ts';

/** What a node of a forward stands for: a column of the text, or a guess that will be dropped. */
export interface TreeNode {
  /** Column of the text; undefined for a wrong guess. */
  readonly column?: number;
  readonly parent: number;
  readonly position: number;
}

/** Where a row of the text stands, and what its columns are. */
export interface RowPlan {
  /** Columns that are committed. */
  readonly done: number;
  readonly parent: ArrayLike<number>;
  readonly position: ArrayLike<number>;
}

/** At most so many nodes of each kind in one forward of a row. */
const MOST = 3;

/**
 * A tree for one row of one forward: the next few columns of the text as its right path, wrong guesses hanging anywhere,
 * in a random order in which parents come before children. Either may be missing.
 */
export function randomTree({ done, parent, position }: RowPlan, random: Random): TreeNode[] {
  const right = Math.min(random.integer(MOST + 1), parent.length - done);
  let wrong = random.integer(MOST + 1);
  const nodes: TreeNode[] = [];
  let tip = LAST_COMMITTED;
  for (let column = done; column < done + right || wrong > 0; ) {
    const isWrong = column === done + right || (wrong > 0 && random.integer(2) === 1);
    if (isWrong) {
      const under = random.integer(nodes.length + 1) - 1;
      const before = under >= 0 ? nodes[under].position : done > 0 ? position[done - 1] : -1;
      nodes.push({ parent: under >= 0 ? under : LAST_COMMITTED, position: before + 1 });
      wrong--;
    } else {
      nodes.push({ column, parent: parent[column] === ROOT ? ROOT : tip, position: position[column] });
      tip = nodes.length - 1;
      column++;
    }
  }
  return nodes;
}

/** Numbers of the nodes of a tree's right path. */
export function rightPath(nodes: readonly TreeNode[]): number[] {
  return nodes.flatMap(({ column }, node) => (column === undefined ? [] : [node]));
}
