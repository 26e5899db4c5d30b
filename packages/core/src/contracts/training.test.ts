import { describe, expect, expectTypeOf, test } from 'vitest';
import { type Definition, defineHorizonSchedule, defineWeighting, Type } from '../plugin.ts';
import type { HorizonSchedule, Moment, Observed, Stateful, Weighting } from './training.ts';

// Published weightings and a schedule, written against the contract. The bodies are the papers' formulas.

const uniform = defineWeighting({
  name: 'uniform',
  create: () => ({ start: (terms) => terms.length, now: (numTerms) => new Array<number>(numTerms).fill(1) }),
});

/** @source Kendall et al. 2018, arXiv:1705.07115: sum of exp(-s) L + s, s learned by gradient descent */
const uncertainty = defineWeighting({
  name: 'uncertainty',
  options: Type.Object({ rate: Type.Number({ exclusiveMinimum: 0, default: 1e-3 }) }),
  create: (_, { rate }) => ({
    start: (terms) => terms.map(() => 0),
    now: (logVariances) => logVariances.map((s) => Math.exp(-s)),
    learn: (logVariances, { losses, active }) =>
      logVariances.map((s, k) => (active[k] ? s - rate * (1 - Math.exp(-s) * losses[k]) : s)),
  }),
});

/** @source Chen et al. 2018, arXiv:1711.02257, algorithm 1 */
const gradnorm = defineWeighting({
  name: 'gradnorm',
  options: Type.Object({ rate: Type.Number({ default: 0.025 }), alpha: Type.Number({ default: 1.5 }) }),
  create: (_, { rate, alpha }) => ({
    needs: 'gradient-norms',
    start: (terms) => ({ weights: terms.map(() => 1), firstLosses: null as readonly number[] | null }),
    now: ({ weights }) => weights,
    learn(state, { losses, active, gradientNorms }) {
      if (!active.every(Boolean)) return state;
      const { weights, firstLosses } = state;
      const first = firstLosses ?? losses;
      const norms = gradientNorms!.map((norm, k) => norm * weights[k]);
      const meanNorm = mean(norms);
      const ratios = losses.map((loss, k) => loss / first[k]);
      const stepped = weights.map((weight, k) => {
        const wanted = meanNorm * (ratios[k] / mean(ratios)) ** alpha;
        return weight - rate * Math.sign(norms[k] - wanted) * gradientNorms![k];
      });
      return { weights: stepped.map((weight) => weight / mean(stepped)), firstLosses: first };
    },
  }),
});

/** @source Défossez et al. 2022, arXiv:2210.13438, sec. 3.4: gradients weighed by the inverse of their running norm */
const balancer = defineWeighting({
  name: 'balancer',
  options: Type.Object({ decay: Type.Number({ minimum: 0, exclusiveMaximum: 1, default: 0.999 }) }),
  create: (_, { decay }) => ({
    needs: 'gradient-norms',
    start: (terms) => terms.map(() => 1),
    now: (norms) => norms.map((norm) => 1 / norm),
    learn: (norms, { active, gradientNorms }) =>
      norms.map((norm, k) => (active[k] ? decay * norm + (1 - decay) * gradientNorms![k] : norm)),
  }),
});

/** One more offset whenever the next-token loss has not improved for `patience` steps. */
const plateau = defineHorizonSchedule({
  name: 'plateau',
  options: Type.Object({ patience: Type.Integer({ minimum: 1, default: 100 }) }),
  create: ({ horizon }, { patience }) => ({
    start: () => ({ horizon: 1, best: null as number | null, since: 0 }),
    now: (state: PlateauState) => state.horizon,
    learn(state, { losses: [loss] }) {
      if (state.best === null || loss < state.best) return { ...state, best: loss, since: 0 };
      if (state.since + 1 < patience) return { ...state, since: state.since + 1 };
      return { horizon: Math.min(state.horizon + 1, horizon), best: null, since: 0 };
    },
  }),
});
type PlateauState = { readonly horizon: number; readonly best: number | null; readonly since: number };

const at: Moment = { step: 0, steps: 10 };
const terms = ['offset-1', 'offset-2'];
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

const seen = (losses: readonly number[], gradientNorms?: readonly number[]): Observed => ({
  losses,
  gradientNorms,
  active: losses.map(() => true),
});

/** Runs a plugin over what each step shows, through JSON after each step if asked. */
function run<Value>(plugin: Stateful<never, Value>, steps: readonly Observed[], throughJson = false): Value[] {
  let state = plugin.start(terms);
  return steps.map((step) => {
    const value = plugin.now(state, at);
    state = plugin.learn ? plugin.learn(state, step, at) : state;
    if (throughJson) state = JSON.parse(JSON.stringify(state)) as never;
    return value;
  });
}

describe('weightings', () => {
  test('uniform weighs every term alike', () => {
    expect(run(uniform.create({ horizon: 2 }, {}) as Weighting<never>, [seen([1, 2])])).toEqual([[1, 1]]);
  });

  test('uncertainty settles where each weight is the inverse of its loss', () => {
    const steps = Array.from({ length: 400 }, () => seen([2, 4]));
    const weights = run(uncertainty.create({ horizon: 2 }, { rate: 0.1 }) as Weighting<never>, steps);
    expect(weights[0]).toEqual([1, 1]);
    expect(weights.at(-1)![0]).toBeCloseTo(1 / 2, 6);
    expect(weights.at(-1)![1]).toBeCloseTo(1 / 4, 6);
  });

  test('gradnorm takes weight from the term with the larger gradient and keeps the mean at 1', () => {
    const weighting = gradnorm.create({ horizon: 2 }, { rate: 0.1, alpha: 1.5 }) as Weighting<never>;
    // By hand: norms 3 and 1, mean 2, equal loss ratios; weights 1 - .1*3 = .7 and 1 + .1*1 = 1.1; mean .9.
    const weights = run(weighting, [seen([5, 6], [3, 1]), seen([5, 6], [3, 1])]);
    expect(weights[1][0]).toBeCloseTo(0.7 / 0.9, 12);
    expect(weights[1][1]).toBeCloseTo(1.1 / 0.9, 12);
    expect(weighting.needs).toBe('gradient-norms');
  });

  test('balancer makes all weighted gradients equally long', () => {
    const steps = Array.from({ length: 3 }, () => seen([1, 1], [4, 0.5]));
    const weights = run(balancer.create({ horizon: 2 }, { decay: 0 }) as Weighting<never>, steps);
    expect(weights).toEqual([
      [1, 1],
      [0.25, 2],
      [0.25, 2],
    ]);
  });
});

test('a term that sat a step out keeps its weight', () => {
  const weighting = uncertainty.create({ horizon: 2 }, { rate: 0.1 }) as Weighting<never>;
  const weights = run(weighting, [{ losses: [2, 0], active: [true, false] }, seen([2, 2])]);
  expect(weights[1][0]).toBeCloseTo(Math.exp(-0.1), 12);
  expect(weights[1][1]).toBe(1);
});

describe('horizon schedules', () => {
  const losses = [3, 2, 2, 2, 1, 1, 1, 1, 1, 1].map((loss) => seen([loss, 9]));

  test('plateau adds an offset after each stretch without a better loss, up to the horizon', () => {
    const schedule = plateau.create({ horizon: 2, costRatio: () => 0 }, { patience: 2 }) as HorizonSchedule<never>;
    expect(run(schedule, losses)).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
  });
});

test.each([
  ['uncertainty', uncertainty.create({ horizon: 2 }, { rate: 0.1 })],
  ['gradnorm', gradnorm.create({ horizon: 2 }, { rate: 0.1, alpha: 1.5 })],
  ['balancer', balancer.create({ horizon: 2 }, { decay: 0.5 })],
  ['plateau', plateau.create({ horizon: 2, costRatio: () => 0 }, { patience: 2 })],
])('the state of %s goes through a checkpoint without a change', (_, plugin) => {
  const steps = [5, 3, 4, 4, 4].map((loss) => seen([loss, loss / 3], [1 / loss, loss]));
  const stateful = plugin as Stateful<never, unknown>;
  expect(run(stateful, steps, true)).toEqual(run(stateful, steps));
});

test('definitions carry their kind and refuse what the contract does not allow', () => {
  expectTypeOf(uniform).toEqualTypeOf<Definition<'weighting'>>();
  expectTypeOf(plateau).toEqualTypeOf<Definition<'horizon-schedule'>>();
  expectTypeOf(plateau).not.toExtend<Definition<'weighting'>>();
  expectTypeOf<Weighting<number[]>['now']>().returns.toEqualTypeOf<readonly number[]>();

  // @ts-expect-error a Map is not JSON: it would be lost in a checkpoint
  defineWeighting({ name: 'map', create: () => ({ start: () => new Map<string, number>(), now: () => [1] }) });
  // @ts-expect-error a typed array is not JSON
  defineWeighting({ name: 'floats', create: () => ({ start: () => new Float32Array(2), now: () => [1] }) });
  // @ts-expect-error an undefined field is not JSON
  defineWeighting({ name: 'hole', create: () => ({ start: () => ({ best: undefined }), now: () => [1] }) });
  // @ts-expect-error weights are numbers, one per term
  defineWeighting({ name: 'one', create: () => ({ start: () => 0, now: () => 1 }) });
  // @ts-expect-error a horizon is one number
  defineHorizonSchedule({ name: 'many', create: () => ({ start: () => 0, now: () => [1] }) });
  // @ts-expect-error nothing but gradient norms can be asked for
  defineWeighting({ name: 'greedy', create: () => ({ needs: 'hessian', start: () => 0, now: () => [1] }) });
  // @ts-expect-error a weighting without `create` weighs nothing
  defineWeighting({ name: 'none' });
  defineWeighting({
    name: 'option-types',
    options: Type.Object({ rate: Type.Number() }),
    // @ts-expect-error the option is a number by its schema
    create: (_, { rate }) => ({ start: () => 0, now: () => [rate.length] }),
  });
});
