import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrivalsOf, namedContestants, type Table } from './decisions.fixture.ts';
import { type Decision, decisions } from './decisions.ts';
import type { Pruning } from './pruning.ts';

const halving: Pruning = { rule: 'halving', rungs: [0.1, 0.2], keep: 0.5 };
const paired: Pruning = { rule: 'paired', rungs: [0.1, 0.2], alpha: 0.05 };

const decisionsOf = (pruning: Pruning, table: Table, seeds = 2) =>
  decisions(pruning, namedContestants(table.length, seeds), arrivalsOf(table));

/** `end`, `wait 1`, `stop 0`: what an arm may do, with the rung. */
const brief = (decision: Decision): string =>
  decision.kind === 'to its end' ? 'end' : `${decision.kind === 'pruned' ? 'stop' : 'wait'} ${decision.rung}`;

/** Means 5; 2, 4, 3, 6 at the first rung; those left have 4; 3, 1 at the second. */
const table: Table = [
  [
    [4, 6],
    [3, 5],
  ],
  [
    [1, 3],
    [2, 4],
  ],
  [[4, 4]],
  [
    [2, 4],
    [0, 2],
  ],
  [[5, 7]],
];

describe('successive halving', () => {
  it('keeps the best half beside the baseline at each rung, whatever the baseline has: by hand', () => {
    const decided = decisionsOf(halving, table);
    // 4 arms, 2 go on: means 2 and 3. Then 2 arms, 1 goes on: mean 1.
    expect(decided.map(brief)).toEqual(['end', 'stop 1', 'stop 0', 'end', 'stop 0']);
    expect(decided[1]).toEqual({
      kind: 'pruned',
      rung: 1,
      difference: 3 - 4,
      reason: 'place 2 of 2 beside the baseline, of which the best one went on',
    });
    expect(decided[2]).toEqual({
      kind: 'pruned',
      rung: 0,
      difference: 4 - 5,
      reason: 'place 3 of 4 beside the baseline, of which the best 2 went on',
    });
  });

  it('rounds the arms that go on up, and takes the earlier of equal ones', () => {
    const equal = [[[9, 9]], [[1, 1]], [[1, 1]], [[1, 1]]];
    expect(decisionsOf({ ...halving, rungs: [0.1] }, equal).map(brief)).toEqual(['end', 'end', 'end', 'stop 0']);
    const third: Pruning = { ...halving, rungs: [0.1], keep: 1 / 3 };
    expect(decisionsOf(third, equal).map(brief)).toEqual(['end', 'end', 'stop 0', 'stop 0']);
  });

  it('goes by the mean over the seeds, and puts a loss that is not finite last', () => {
    const infinite = Number.POSITIVE_INFINITY;
    const one: Pruning = { ...halving, rungs: [0.1], keep: 0.6 };
    const decided = decisionsOf(one, [[[5, 5]], [[1, infinite]], [[1, 9]], [[4, 5]]]);
    expect(decided.map(brief)).toEqual(['end', 'stop 0', 'end', 'end']);
    expect(decided[1]).not.toHaveProperty('difference');
  });
});

describe.each([
  ['halving', halving],
  ['paired', { ...paired, alpha: 0.5 }],
] as const)('at a rung of %s', (_, pruning) => {
  const seeds = 3;
  const worse: Table = [
    [
      [1, 1.1, 0.9],
      [1, 1.1, 0.9],
    ],
    [
      [1, 1.12, 0.9],
      [1, 1.1, 0.9],
    ],
    [
      [5, 5.1, 4.8],
      [5, 5.1, 4.8],
    ],
  ];

  it('nobody is judged before every seed of every arm is there', () => {
    expect(decisionsOf(pruning, worse, seeds).map(brief)).toEqual(['end', 'end', 'stop 0']);
    for (const arm of worse.keys()) {
      const waiting = worse.map((rungs, i) => (i === arm ? [[...rungs[0].slice(0, 2), undefined]] : rungs));
      expect(decisionsOf(pruning, waiting, seeds).map(brief)).toEqual(['wait 0', 'wait 0', 'wait 0']);
    }
  });

  it('an arm that was stopped is waited for no longer', () => {
    const gone = [worse[0], worse[1], [worse[2][0], [undefined, undefined, undefined]]];
    expect(decisionsOf(pruning, gone, seeds).map(brief)).toEqual(['end', 'end', 'stop 0']);
  });

  it('a training that failed holds nobody up, and its arm is compared with nobody', () => {
    const failed = [
      worse[0],
      worse[1],
      [
        [5, null, 4.8],
        [5, null, 4.8],
      ],
    ];
    expect(decisionsOf(pruning, failed, seeds).map(brief)).toEqual(['end', 'end', 'end']);
  });

  it('the other seeds of such an arm wait for the rest like any', () => {
    const failed = [worse[0], worse[1], [[5, null, undefined]]];
    expect(decisionsOf(pruning, failed, seeds).map(brief)).toEqual(['wait 0', 'wait 0', 'wait 0']);
  });
});

it('without the baseline’s seeds nobody is worse than it; the best still go on', () => {
  const failed: Table = [[[1, null, 1]], [[5, 5.1, 5]], [[9, 9.1, 9]]];
  expect(decisionsOf({ ...paired, rungs: [0.1], alpha: 0.5 }, failed, 3).map(brief)).toEqual(['end', 'end', 'end']);
  const decided = decisionsOf({ ...halving, rungs: [0.1] }, failed, 3);
  expect(decided.map(brief)).toEqual(['end', 'end', 'stop 0']);
  expect(decided[2]).not.toHaveProperty('difference');
});

it('the baseline, alone in the end, waits at no rung', () => {
  const alone: Table = [[[1, 1.1, 1]], [[5, 5.3, 5.1]]];
  expect(decisionsOf({ ...paired, alpha: 0.5 }, alone, 3).map(brief)).toEqual(['end', 'stop 0']);
});

/** Arms x rungs x seeds, some of them failed. */
const races = fc
  .record({
    arms: fc.integer({ min: 2, max: 6 }),
    rungs: fc.integer({ min: 1, max: 3 }),
    seeds: fc.integer({ min: 1, max: 4 }),
  })
  .chain(({ arms, rungs, seeds }) => {
    // Few values: equal means are what an order could decide.
    const bits = fc.option(fc.integer({ min: 1, max: 5 }), { freq: 12 });
    const list = <T>(value: fc.Arbitrary<T>, length: number) =>
      fc.array(value, { minLength: length, maxLength: length });
    const table = list(list(list(bits, seeds), rungs), arms);
    const rule = fc.constantFrom<Pruning>(
      { ...halving, rungs: Array.from({ length: rungs }, (_, i) => (i + 1) / 10) },
      { ...paired, alpha: 0.5, rungs: Array.from({ length: rungs }, (_, i) => (i + 1) / 10) },
    );
    return fc.record({ table, seeds: fc.constant(seeds), pruning: rule, order: fc.infiniteStream(fc.nat()) });
  });

/** Plays a race to its end: one training after the other comes to the rung that it may go to, in the order that is chosen. */
function play(
  pruning: Pruning,
  whole: Table,
  seeds: number,
  choose: (count: number, decided: Decision[]) => number,
): Decision[] {
  const contestants = namedContestants(whole.length, seeds);
  const known: (number | null | undefined)[][][] = whole.map((rungs) => rungs.map((row) => row.map(() => undefined)));
  for (;;) {
    const decided = decisions(pruning, contestants, arrivalsOf(known));
    const open = decided.flatMap((decision, arm) =>
      decision.kind !== 'to rung'
        ? []
        : known[arm][decision.rung].flatMap((value, seed) => (value === undefined ? [[arm, decision.rung, seed]] : [])),
    );
    if (open.length === 0) return decided;
    const [arm, rung, seed] = open[choose(open.length, decided)];
    const hasFailed = whole[arm].slice(0, rung + 1).some((row) => row[seed] === null);
    known[arm][rung][seed] = hasFailed ? null : whole[arm][rung][seed];
  }
}

it('who goes on does not depend on the order in which trainings come to their rungs, and the baseline always does', () => {
  fc.assert(
    fc.property(races, ({ table: whole, seeds, pruning, order }) => {
      const inOrder = play(pruning, whole, seeds, () => 0);
      const anyOrder = play(pruning, whole, seeds, (count) => order.next().value % count);
      expect(anyOrder).toEqual(inOrder);
      expect(inOrder[0]).toEqual({ kind: 'to its end' });
      expect(inOrder.every(({ kind }) => kind !== 'to rung')).toBe(true);
    }),
    { numRuns: 60 },
  );
});

it('what was decided stays decided while more comes in', () => {
  fc.assert(
    fc.property(races, ({ table: whole, seeds, pruning, order }) => {
      const seen: Decision[][] = [];
      const end = play(pruning, whole, seeds, (count, decided) => {
        seen.push(decided);
        return order.next().value % count;
      });
      for (const decided of seen) {
        for (const [i, one] of decided.entries()) if (one.kind === 'pruned') expect(one).toEqual(end[i]);
      }
    }),
    { numRuns: 30 },
  );
});
