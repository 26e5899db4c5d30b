import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bestRankTree, type RankNode } from './rank-paths.ts';

/** Paths of all nodes of a tree, as words of ranks. */
function pathsOf({ children }: RankNode, path: readonly number[] = []): string[] {
  return [...children].flatMap(([rank, node]) => [[...path, rank].join(''), ...pathsOf(node, [...path, rank])]);
}

/** Every path of ranks up to a length. */
const allPaths = (topK: number, levels: number): number[][] =>
  levels === 0
    ? []
    : Array.from({ length: topK }, (_, rank) => rank).flatMap((rank) => [
        [rank],
        ...allPaths(topK, levels - 1).map((rest) => [rank, ...rest]),
      ]);

/** The greatest expected accepted length of a connected tree of so many nodes: all of them are tried. */
function bestLength(table: readonly (readonly number[])[], topK: number, nodes: number): number {
  const paths = allPaths(topK, table.length);
  const place = new Map(paths.map((path, index) => [path.join(), index]));
  const worth = paths.map((path) => path.reduce((product, rank, level) => product * table[level][rank], 1));
  const parent = paths.map((path) => (path.length === 1 ? -1 : place.get(path.slice(0, -1).join())!));
  let best = 0;
  for (let set = 0; set < 2 ** paths.length; set++) {
    const members = paths.map((_, index) => index).filter((index) => (set >> index) & 1);
    if (members.length > nodes || members.some((index) => parent[index] >= 0 && !((set >> parent[index]) & 1)))
      continue;
    best = Math.max(
      best,
      members.reduce((sum, index) => sum + worth[index], 0),
    );
  }
  return best;
}

const expectedLength = (root: RankNode, table: readonly (readonly number[])[]) =>
  pathsOf(root).reduce(
    (sum, path) => sum + [...path].reduce((product, rank, level) => product * table[level][Number(rank)], 1),
    0,
  );

test.each([
  [2, 3],
  [3, 2],
])('no connected tree of %i ranks and %i levels is expected to be accepted further', (topK, levels) => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const tables = fc.array(fc.array(share, { minLength: topK, maxLength: topK }), {
    minLength: levels,
    maxLength: levels,
  });
  fc.assert(
    fc.property(tables, fc.integer({ min: 1, max: 6 }), (table, nodes) => {
      const root = bestRankTree((level, rank) => table[level - 1][rank], { nodes, levels, topK });
      expect(pathsOf(root).length).toBeLessThanOrEqual(nodes);
      expect(expectedLength(root, table)).toBeCloseTo(bestLength(table, topK, nodes), 12);
    }),
    { numRuns: 25 },
  );
});

test('by hand: the nodes come in the order of what they add', () => {
  // Level 1: .6 .3; level 2: .5 .2. Worth: 0 .6, 1 .3, 00 .3, 10 .15, 01 .12.
  const acceptance = (level: number, rank: number) =>
    [
      [0.6, 0.3],
      [0.5, 0.2],
    ][level - 1][rank];
  const paths = (nodes: number) => pathsOf(bestRankTree(acceptance, { nodes, levels: 2, topK: 2 })).sort();
  expect(paths(1)).toEqual(['0']);
  expect(paths(2)).toEqual(['0', '1']);
  expect(paths(3)).toEqual(['0', '00', '1']);
  expect(paths(4)).toEqual(['0', '00', '1', '10']);
  expect(paths(99)).toEqual(['0', '00', '01', '1', '10', '11']);
});

test('of a tie the node nearer to the root comes first', () => {
  // 0 is worth 1, 00 .8, 1 .4, and both 000 and 10 are worth .32.
  const acceptance = (level: number, rank: number) => [[1, 0.4], [0.8], [0.4]][level - 1][rank] ?? 0;
  expect(pathsOf(bestRankTree(acceptance, { nodes: 4, levels: 3, topK: 2 })).sort()).toEqual(['0', '00', '1', '10']);
});

test('what is never accepted is left out, and a rank may be skipped for a better one', () => {
  const acceptance = (_: number, rank: number) => [0.5, 0, 0.4][rank];
  expect(pathsOf(bestRankTree(acceptance, { nodes: 9, levels: 1, topK: 3 }))).toEqual(['0', '2']);
  expect(pathsOf(bestRankTree(() => 0, { nodes: 9, levels: 3, topK: 3 }))).toEqual([]);
});
