import { expect, test } from 'vitest';
import { headOf, planned, wordsOf } from './drive-plan.fixture.ts';
import { MeasuredAcceptance } from './measured-acceptance.ts';
import { StaticPlanner } from './row-planner.ts';

/** First choices are 0, then 1, then 2, after any text. */
const head = () => Float64Array.of(0.5, 0.3, 0.2);
const settings = { nodes: 4, topK: 3, sampled: false, rebuildEvery: 2 };

test('nodes stand at the ranks of the table, a skipped rank is drafted but not verified', () => {
  const acceptance = [
    [0.6, 0.1, 0.5],
    [0.5, 0.4],
  ];
  const plan = new StaticPlanner({ ...settings, acceptance }).start(2);
  // Worth: 0 .6, 2 .5, 00 .3, 20 .25, 01 .24.
  expect(wordsOf(planned(plan, head, 2))).toEqual(['0', '2', '0 0', '2 0']);
  expect(plan.ranks()).toEqual([0, 2, 0, 0]);
});

test('drawn candidates stand at the ranks of the table in the order of drawing', () => {
  const acceptance = [[0.2, 0.1, 0.5]];
  const plan = new StaticPlanner({ ...settings, nodes: 2, acceptance, sampled: true }).start(1);
  const tokens = [4, 0, 3];
  const tree = planned(plan, headOf(1, 5), 1, () => tokens.shift()!);
  expect([...tree.tokens]).toEqual([4, 3]);
  expect(tree.q.every((q) => q !== 'chosen')).toBe(true);
});

test('the table’s levels are the deepest', () => {
  const plan = new StaticPlanner({ ...settings, nodes: 9, topK: 1, acceptance: [[0.9], [0.9]] }).start(3);
  expect(wordsOf(planned(plan, head, 3))).toEqual(['0', '0 0']);
});

test('acceptance is counted where the text went on, and what was not offered stays as supposed', () => {
  const measured = new MeasuredAcceptance();
  expect([0, 1, 2].map((rank) => measured.of(1, rank))).toEqual([0.6, 0.24, 0.096].map((p) => expect.closeTo(p, 12)));
  // Ranks 0 and 1 below the pending token, ranks 0 and 1 below each of them.
  const tree = { tokens: new Int32Array(6), parent: Int32Array.of(-1, -1, 0, 0, 1, 1), q: [] };
  const ranks = [0, 1, 0, 1, 0, 1];
  measured.observe(tree, ranks, { path: Int32Array.of(1, 5), next: 0 });
  measured.observe(tree, ranks, { path: Int32Array.of(0), next: 0 });
  measured.observe(tree, ranks, { path: Int32Array.of(), next: 0 });
  // Level 1: offered three times each, kept once each. Level 2: offered twice each, rank 1 kept once.
  expect([measured.of(1, 0), measured.of(1, 1)]).toEqual(
    [(2.4 + 1) / 7, (0.96 + 1) / 7].map((p) => expect.closeTo(p, 12)),
  );
  expect([measured.of(2, 0), measured.of(2, 1)]).toEqual([2.4 / 6, (0.96 + 1) / 6].map((p) => expect.closeTo(p, 12)));
  expect(measured.of(2, 2)).toBeCloseTo(0.096, 12);
  expect(measured.of(3, 0)).toBeCloseTo(0.6, 12);
});

test('the tree is made anew as often as the option says, from what was measured', () => {
  const planner = new StaticPlanner({ ...settings, nodes: 2 });
  const shapes: string[][] = [];
  for (let forward = 0; forward < 5; forward++) {
    const tree = planned(planner.start(2), head, 2);
    shapes.push(wordsOf(tree));
    planner.learn({ tree, kept: { path: Int32Array.of(), next: 9 } });
  }
  // By the prior 0 is worth .6 and 00 .36, 1 .24. Refused twice, 0 has .4 and 00 .24, 1 is not offered: .24, and nearer.
  // Refused four times in all, 1 twice: 0 has .3, 1 .16, and 00 .18.
  expect(shapes).toEqual([
    ['0', '0 0'],
    ['0', '0 0'],
    ['0', '1'],
    ['0', '1'],
    ['0', '0 0'],
  ]);
});

test('a table that is given is not unlearned', () => {
  const planner = new StaticPlanner({ ...settings, rebuildEvery: 1, nodes: 1, acceptance: [[0.1, 0.2]] });
  for (let forward = 0; forward < 3; forward++) {
    const tree = planned(planner.start(1), head, 1);
    expect(wordsOf(tree)).toEqual(['1']);
    planner.learn({ tree, kept: { path: Int32Array.of(), next: 9 } });
  }
});
