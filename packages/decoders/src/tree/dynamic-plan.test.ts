import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Head, headOf, planned, wordsOf } from './drive-plan.fixture.ts';
import { DrawnDynamicPlan, DynamicPlan, type DynamicSizes } from './dynamic-plan.ts';

const sizes = fc.record({
  nodes: fc.integer({ min: 1, max: 9 }),
  width: fc.integer({ min: 1, max: 4 }),
  topK: fc.integer({ min: 1, max: 4 }),
});

/** The paper's procedure in plain steps: grow `width` nodes a level by `topK` children each, then take the best of all. */
function eagle2(head: Head, { nodes, width, topK }: DynamicSizes, levels: number): string[] {
  const all: { path: number[]; value: number }[] = [];
  let layer = [{ path: [] as number[], value: 1 }];
  for (let level = 0; level < levels; level++) {
    const best = [...layer].sort((a, b) => b.value - a.value).slice(0, width);
    layer = best.flatMap(({ path, value }) => {
      const p = head(path);
      const top = [...p.keys()].sort((a, b) => p[b] - p[a]).slice(0, topK);
      return top.map((token) => ({ path: [...path, token], value: value * p[token] }));
    });
    all.push(...layer);
  }
  all.sort((a, b) => b.value - a.value);
  return all.slice(0, nodes).map(({ path }) => path.join(' '));
}

describe('of chosen candidates', () => {
  test('what is verified is what the paper’s expansion and reranking leave', () => {
    fc.assert(
      fc.property(sizes, fc.nat(1000), fc.integer({ min: 1, max: 4 }), (sizes, seed, levels) => {
        const head = headOf(seed, 5);
        const tree = planned(new DynamicPlan(sizes), head, levels);
        expect(wordsOf(tree).sort()).toEqual(eagle2(head, sizes, levels).sort());
      }),
      { numRuns: 300 },
    );
  });

  test('by hand: a confident head gets a chain, an unsure one a bush', () => {
    const bend = (top: number) => Float64Array.of(top, (1 - top) * 0.6, (1 - top) * 0.4);
    const shape = (top: number) =>
      wordsOf(planned(new DynamicPlan({ nodes: 3, width: 3, topK: 3 }), () => bend(top), 3));
    expect(shape(0.9)).toEqual(['0', '0 0', '0 0 0']);
    expect(shape(0.4)).toEqual(['0', '1', '2']);
    // .6, .36, and .24 three times: of a tie the earlier node.
    expect(shape(0.6)).toEqual(['0', '1', '0 0']);
  });

  test('nothing is drafted that cannot be verified', () => {
    const plan = new DynamicPlan({ nodes: 2, width: 4, topK: 4 });
    const at = { tree: { tokens: new Int32Array(0), parent: new Int32Array(0), q: [] }, frontier: [-1], level: 1 };
    const p = () => Float64Array.of(0.4, 0.3, 0.2, 0.1);
    expect(plan.grow({ ...at, lastLevel: 3, p })).toEqual([{ node: -1, children: 2, sampled: false }]);
  });

  test('tokens that the head rules out are no candidates', () => {
    const tree = planned(new DynamicPlan({ nodes: 9, width: 4, topK: 3 }), () => Float64Array.of(0, 1, 0), 2);
    expect(wordsOf(tree)).toEqual(['1', '1 1']);
  });
});

describe('of drawn candidates', () => {
  const firstOf = (q: Float64Array) => q.findIndex((weight) => weight > 0);

  test('no more than asked for are drawn, and none is left out', () => {
    fc.assert(
      fc.property(sizes, fc.nat(1000), fc.integer({ min: 1, max: 4 }), (sizes, seed, levels) => {
        let numDrawn = 0;
        const draw = (q: Float64Array) => {
          numDrawn++;
          return firstOf(q);
        };
        const tree = planned(new DrawnDynamicPlan(sizes), headOf(seed, 5), levels, draw);
        expect(tree.tokens).toHaveLength(numDrawn);
        expect(numDrawn).toBeLessThanOrEqual(sizes.nodes);
        expect(tree.q.every((q) => q !== 'chosen')).toBe(true);
      }),
    );
  });

  test('each level has its share of the nodes', () => {
    const p = () => Float64Array.of(0.4, 0.3, 0.2, 0.1);
    const tree = planned(new DrawnDynamicPlan({ nodes: 7, width: 4, topK: 4 }), p, 3, firstOf);
    // 7 over 3 levels are 3, of the 4 left over 2 levels 2, and the last 2.
    expect([1, 2, 3].map((length) => wordsOf(tree).filter((word) => word.split(' ').length === length).length)).toEqual(
      [3, 2, 2],
    );
  });
});
