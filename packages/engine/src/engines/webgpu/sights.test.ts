import { expect, test } from 'vitest';
import { KeyValueRow } from '../../key-value-rows.ts';
import { chainNodes, createNodes, ROOT } from '../../nodes.ts';
import { sightsOf, sightsOfRows } from './sights.ts';

/** The places that the attention shader would read for every node, in its order. */
function read(sights: Int32Array, numNodes: number): number[][] {
  return Array.from({ length: numNodes }, (_, node) =>
    [0, 2].flatMap((field) => {
      const [start, count] = sights.subarray(4 * node + field);
      return Array.from({ length: count }, (_, rank) => (start < 0 ? -start - 1 + rank : sights[start + rank]));
    }),
  );
}

test('without a past each node sees its ancestors and itself, oldest first; padding sees itself', () => {
  const at = createNodes({
    T: 5,
    position_BT: new Int32Array(10),
    parent_BT: Int32Array.from([-1, 0, 0, 2, 1, -1, 0, ROOT, 2, 0]),
    length_B: Int32Array.from([5, 4]),
  });
  const own = read(sightsOf(at), 10);
  expect(own).toEqual([[0], [0, 1], [0, 2], [0, 2, 3], [0, 1, 4], [5], [5, 6], [7], [7, 8], [9]]);
});

test('text costs four numbers a node, however long it is', () => {
  expect(
    sightsOf(chainNodes(2, 300, { document_BT: Int32Array.from({ length: 600 }, (_, at) => at % 7) })),
  ).toHaveLength(4 * 600);
});

test('with a past each node sees its committed document, then its undecided ancestors, at their places', () => {
  const row = new KeyValueRow();
  row.committed = 4;
  row.visibleFrom = 1;
  row.parents = [-1, 0, ROOT, 0];
  // Nodes 0 and 1 came with an earlier forward; 2 and 3 are new, in a forward of three nodes a row.
  const places = [40, 7, 9, 8, 20, 21, 30, 33];
  const fresh = new KeyValueRow();
  fresh.parents = [-1];
  const sights = sightsOfRows(
    [
      { row, first: 2, places },
      { row: fresh, first: 0, places: [3] },
    ],
    3,
  );
  expect(read(sights, 6)).toEqual([[30], [7, 9, 8, 20, 33], [], [3], [], []]);
});
