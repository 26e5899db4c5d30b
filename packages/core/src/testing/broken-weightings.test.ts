// Weightings that are wrong on purpose, each in one way: the check that is meant for it catches it, and says why.
import { expect, test } from 'vitest';
import type { Json } from '../contracts/json.ts';
import type { Observed, Weighting } from '../contracts/training.ts';
import { type Definition, defineWeighting, Type } from '../plugin.ts';
import { failureOf, failuresIn } from './contract-failures.fixture.ts';
import { keepsNothingElse, usesNoChance } from './stateful/alone-in-state.ts';
import { resumesExactly, stateIsJson } from './stateful/json-state.ts';
import { learnLeavesAlone, nowIsPure } from './stateful/purity.ts';
import { trainsOrRefuses } from './stateful/stateful-options.ts';
import { asksForNorms } from './weighting/gradient-norms.ts';
import { weightingContract } from './weighting/weighting-checks.ts';
import { givesWeights, leavesSomething } from './weighting/weights.ts';

/** Keeps a running mean of every loss; each weight is the inverse of its own. */
const inverse = (rate: number): Weighting<number[]> => ({
  start: (terms) => terms.map(() => 1),
  now: (means) => means.map((mean) => 1 / Math.max(1e-6, mean)),
  learn: (means, { losses, active }) =>
    means.map((mean, k) => (active[k] ? (1 - rate) * mean + rate * losses[k] : mean)),
});

/** The weighting that keeps the contract, but for what replaces its parts. */
function weighting(name: string, part: (rate: number) => object = () => ({})): Definition<'weighting'> {
  return defineWeighting({
    name,
    options: Type.Object({ rate: Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.5 }) }),
    create: (_, { rate }) => ({ ...inverse(rate), ...part(rate) }) as Weighting<never>,
  });
}

const failures = (definition: Definition) => failuresIn(weightingContract, definition, {}, {});
type Means = readonly number[];
let firstOfTheModule: readonly number[] | undefined;

test('the weighting that the others are made of keeps the contract', async () => {
  expect([...(await failures(weighting('good')))]).toEqual([]);
});

test.each<[what: string, part: (rate: number) => object, title: string, message: RegExp]>([
  [
    'keeps its state in a Map',
    () => ({ start: () => new Map(), now: () => [1, 1, 1, 1], learn: undefined }),
    stateIsJson.title,
    /must survive JSON, and the state is Map from `start` .*a list in place of a Map/,
  ],
  [
    'has an infinite number in its state until it has seen one',
    () => ({ start: (terms: string[]) => terms.map(() => Number.POSITIVE_INFINITY) }),
    stateIsJson.title,
    /the state\.0 is Infinity from `start`/,
  ],
  [
    'leaves a field of its state undefined',
    () => ({
      start: (terms: string[]) => ({ means: terms.map(() => 1), best: 1 }),
      now: ({ means }: { means: Means }) => means,
      learn: ({ means }: { means: Means }) => ({ means, best: undefined }),
    }),
    stateIsJson.title,
    /the state\.best is undefined after 1 steps/,
  ],
  ['gives nothing from learn', () => ({ learn: () => {} }), stateIsJson.title, /the state is undefined after 1 steps/],
  [
    'divides by a loss of 0',
    () => ({ now: (means: Means) => means.map((mean) => 1 / mean), learn: (_: Means, { losses }: Observed) => losses }),
    givesWeights.title,
    /weights must be 4 finite numbers >= 0, one for each of offset-1, .*Infinity.* at step 1 of 1000 \(\w+ losses\)/,
  ],
  [
    'weighs a term less than 0',
    () => ({ now: (means: Means) => means.map((_, k) => 2 - k) }),
    givesWeights.title,
    /were \[2,1,0,-1\] at step 0 of 1\./,
  ],
  [
    'weighs four terms, whatever there are',
    () => ({ now: () => [1, 1, 1, 1] }),
    givesWeights.title,
    /weights must be 1 finite numbers >= 0, one for each of offset-1, were \[1,1,1,1\]/,
  ],
  [
    'grows without a bound',
    () => ({
      now: (means: Means) => means.map((mean) => 10 ** mean),
      learn: (means: Means) => means.map((mean) => mean + 1),
    }),
    givesWeights.title,
    /Infinity,Infinity,Infinity,Infinity\] at step 308 of 1000/,
  ],
  [
    'leaves nothing to train at the end',
    () => ({
      now: (means: Means, { step, steps }: { step: number; steps: number }) => means.map(() => +(step < steps - 1)),
    }),
    leavesSomething.title,
    /every term \(offset-1, offset-2, offset-3, offset-4\) weighs 0 at step 23 /,
  ],
  [
    'weighs offset 1 nothing, also where it is alone',
    () => ({ now: (means: Means) => means.map((_, k) => Math.min(k, 1)) }),
    leavesSomething.title,
    /every term \(offset-1\) weighs 0 at step 0 /,
  ],
  [
    'counts how often it is asked',
    () => {
      let calls = 0;
      return { now: (means: Means) => means.map(() => ++calls) };
    },
    nowIsPure.title,
    /`now` gave \[1,2,3,4\] at step 0, and \[17,.* when it was asked again with the same state/,
  ],
  [
    'writes into its state when it is asked',
    () => ({ now: (means: number[]) => means.map((mean, k) => (means[k] = mean / 2)) }),
    nowIsPure.title,
    /`now` wrote into its state at step 0: /,
  ],
  [
    'writes into its state when it learns',
    () => ({
      learn(means: number[], { losses }: Observed) {
        means[0] = losses[0];
        return means;
      },
    }),
    learnLeavesAlone.title,
    /`learn` wrote into its state at step 0: .*Give a new value/,
  ],
  [
    'sorts the losses it is shown',
    () => ({ learn: (_: Means, { losses }: Observed) => (losses as number[]).sort((a, b) => a - b).map(Number) }),
    learnLeavesAlone.title,
    /`learn` wrote into its seen at step 0/,
  ],
  [
    'keeps the mean in a variable',
    (rate) => {
      let mean = 1;
      return {
        learn: (means: Means, { losses }: Observed) => means.map((_, k) => (mean += rate * (losses[k] - mean))),
      };
    },
    learnLeavesAlone.title,
    /`learn` gave \[.*\] at step 0, and \[.*\] for the same state and the same `seen`/,
  ],
  [
    'counts the steps outside its state',
    () => {
      let seen = '';
      const learn = (means: Means, { losses }: Observed) => {
        // The same step twice counts once: `learn` alone shows nothing.
        if (seen.split('|').at(-1) !== String(losses)) seen += `|${losses}`;
        return means.map(() => seen.split('|').length);
      };
      return { learn };
    },
    resumesExactly.title,
    /stopped after \d+ steps and resumed, step \d+ has another value or state than without the stop/,
  ],
  [
    'remembers the terms from start',
    () => {
      let terms: readonly string[];
      const start = (given: readonly string[]) => {
        terms = given;
        return terms.map(() => 1);
      };
      return { start, now: (means: Means) => means.map((_, k) => terms[k].length) };
    },
    resumesExactly.title,
    /threw while it was checked that it goes on from a checkpoint.*undefined/,
  ],
  [
    'keeps the first losses in its module',
    () => ({
      learn(means: Means, { losses }: Observed) {
        firstOfTheModule ??= losses;
        return means.map((_, k) => firstOfTheModule![k] + losses[k]);
      },
      start(terms: readonly string[]) {
        firstOfTheModule = undefined;
        return terms.map(() => 1);
      },
    }),
    keepsNothingElse.title,
    /two trainings that take turns with one object of `create` disturb one another: at step 1/,
  ],
  [
    'draws a number',
    () => ({ now: (means: Means) => means.map(() => Math.round(Math.random()) * 0 + 1) }),
    usesNoChance.title,
    /it used Math\.random\. Go by the step/,
  ],
  [
    'looks at the clock',
    () => ({ now: (means: Means) => means.map(() => (new Date() && performance.now() > 0 ? 1 : 2)) }),
    usesNoChance.title,
    /it used Date and performance\.now\./,
  ],
  [
    'reads norms that it does not ask for',
    () => ({
      learn: (means: Means, { gradientNorms = [] }: Observed) => means.map((mean, k) => gradientNorms[k] ?? mean),
    }),
    asksForNorms.title,
    /reads `gradientNorms`, which are never there: give `needs: 'gradient-norms'`/,
  ],
  [
    'asks for norms that it does not read',
    () => ({ needs: 'gradient-norms' }),
    asksForNorms.title,
    /no `learn` reads them.*Leave `needs` out/,
  ],
  [
    'asks for what there is not',
    () => ({ needs: 'hessian' }),
    asksForNorms.title,
    /`needs` must be 'gradient-norms' or left out, was "hessian"/,
  ],
  [
    'falls over at an option',
    (rate) => ({ start: (terms: string[]) => terms.map(() => [1, 1][Math.round(rate * 4) - 2]!.valueOf()) }),
    trainsOrRefuses.title,
    /it with option "rate" 0?\.?\d+ throws "Cannot read properties of undefined/,
  ],
])('a weighting that %s is caught', async (_what, part, title, message) => {
  const failure = await failureOf(weightingContract, title, weighting('broken', part));
  expect(failure).toMatch(/^weighting "broken": /);
  expect(failure).toMatch(message);
});

test('an option that is read nowhere is caught', async () => {
  const idle = defineWeighting({
    name: 'idle',
    options: Type.Object({ rate: Type.Number({ default: 0.5 }) }),
    create: () => inverse(0.5) as Weighting<Json>,
  });
  const failed = await failures(idle);
  expect([...failed.values()]).toEqual([
    expect.stringMatching(
      /option "rate" changes nothing that `now` gives .*describeWeightingContract\(\.\.\., \{ actElsewhere: \['rate'\] \}\)/,
    ),
  ]);
});

test('a weighting may refuse terms that it has no rule for, and is checked with those that it names', async () => {
  const named = defineWeighting({
    name: 'named',
    create: () => ({
      start(terms: readonly string[]) {
        if (terms.at(-1) !== 'order') throw new Error('no term "order"');
        return terms.length;
      },
      now: (count: number) => new Array<number>(count).fill(1),
    }),
  });
  expect(await failuresIn(weightingContract, named, {}, { ownTerms: ['order'] })).toEqual(new Map());
  const failed = await failuresIn(weightingContract, named, {}, {});
  expect(failed.get(givesWeights.title)).toMatch(/no term "order"/);
});
