// Horizon schedules that are wrong on purpose, each in one way: the check that is meant for it catches it, and says why.
import { expect, test } from 'vitest';
import type { HorizonSchedule, HorizonScheduleContext, Observed } from '../contracts/training.ts';
import { type Definition, defineHorizonSchedule, Type } from '../plugin.ts';
import { failureOf, failuresIn } from './contract-failures.fixture.ts';
import { asksCostsLate, asksForAcceptance } from './horizon-schedule/acceptance.ts';
import { staysInRange } from './horizon-schedule/horizons.ts';
import { horizonScheduleContract } from './horizon-schedule/schedule-checks.ts';
import { keepsNothingElse, usesNoChance } from './stateful/alone-in-state.ts';
import { resumesExactly, stateIsJson } from './stateful/json-state.ts';
import { learnLeavesAlone, nowIsPure } from './stateful/purity.ts';

type Grown = { readonly horizon: number; readonly since: number };

/** One more offset after every so many measurements in which the last one's acceptance paid. */
function paying({ horizon, costRatio }: HorizonScheduleContext, patience: number): HorizonSchedule<Grown> {
  return {
    acceptanceEvery: 2,
    start: () => ({ horizon: 1, since: 0 }),
    now: (state) => state.horizon,
    learn(state, { acceptance }) {
      const last = acceptance?.findLast((rate) => rate !== null) ?? null;
      if (last === null || state.horizon === horizon || last < costRatio(state.horizon + 1)) return state;
      const isTime = state.since + 1 >= patience;
      return isTime ? { horizon: state.horizon + 1, since: 0 } : { ...state, since: state.since + 1 };
    },
  };
}

/** The schedule that keeps the contract, but for what replaces its parts. */
function schedule(name: string, part: (context: HorizonScheduleContext) => object = () => ({})) {
  return defineHorizonSchedule({
    name,
    options: Type.Object({ patience: Type.Integer({ minimum: 1, default: 2 }) }),
    create: (context, { patience }) => ({ ...paying(context, patience), ...part(context) }) as HorizonSchedule<never>,
  });
}

const failures = (definition: Definition) => failuresIn(horizonScheduleContract, definition, {}, {});

test('the schedule that the others are made of keeps the contract', async () => {
  expect([...(await failures(schedule('good')))]).toEqual([]);
});

let grownInTheModule = 0;

test.each<[what: string, part: (context: HorizonScheduleContext) => object, title: string, message: RegExp]>([
  [
    'gives fractions',
    ({ horizon }) => ({
      now: (_: Grown, { step, steps }: { step: number; steps: number }) => 1 + (step * (horizon - 1)) / steps,
    }),
    staysInRange.title,
    /a horizon is an integer in 1\.\.4, was 2\.5 at step 1 of 2\..*Round down/,
  ],
  [
    'starts at 0',
    () => ({ now: ({ horizon }: Grown) => horizon - 1 }),
    staysInRange.title,
    /a horizon is an integer in 1\.\.4, was 0 at step 0 of 1\./,
  ],
  [
    'goes on to 2 where the horizon is 1',
    () => ({ now: (_: Grown, { step }: { step: number }) => (step > 4 ? 2 : 1) }),
    staysInRange.title,
    /an integer in 1\.\.1, was 2 at step 5 of 10\./,
  ],
  [
    'passes the horizon by one in the end',
    () => ({ learn: (state: Grown) => ({ ...state, horizon: state.horizon + 1 }) }),
    staysInRange.title,
    /in 1\.\.4, was 5 at step 4 of 1000/,
  ],
  [
    'takes an offset without a rate for a number',
    () => ({
      learn: (state: Grown, { acceptance }: Observed) =>
        acceptance ? { ...state, horizon: 1 + Number(acceptance.map((rate) => rate!.toFixed(1)).length > 3) } : state,
    }),
    staysInRange.title,
    /threw while it was checked that it gives an integer in 1\.\.horizon.*null/,
  ],
  [
    'divides by the cost of an offset that the head does not have',
    ({ costRatio }) => ({
      learn(state: Grown, { acceptance }: Observed) {
        const worth = (acceptance?.at(-1) ?? 0) / costRatio(state.horizon);
        return worth >= 0 ? state : { ...state, horizon: worth };
      },
    }),
    staysInRange.title,
    /was (NaN|null) at step \d+/,
  ],
  [
    'asks for costs when it is made',
    ({ costRatio }) => ({ acceptanceEvery: costRatio(2) > 0 ? 2 : 3 }),
    asksCostsLate.title,
    /^horizon-schedule "broken": `costRatio` was asked in `create`, where there is no model yet/,
  ],
  [
    'asks for the cost of offset 0',
    ({ costRatio }) => ({ now: ({ horizon }: Grown) => horizon + 0 * costRatio(horizon - 1) }),
    asksCostsLate.title,
    /`costRatio` was asked for offset 0\./,
  ],
  [
    'has acceptance measured after no step',
    () => ({ acceptanceEvery: 0 }),
    asksForAcceptance.title,
    /`acceptanceEvery` is a number of steps >= 1 or left out, was 0/,
  ],
  ['has acceptance measured after half a step', () => ({ acceptanceEvery: 0.5 }), asksForAcceptance.title, /was 0\.5/],
  [
    'reads acceptance without asking for it',
    () => ({ acceptanceEvery: undefined }),
    asksForAcceptance.title,
    /reads `acceptance`, which is never there: give `acceptanceEvery`/,
  ],
  [
    'asks for acceptance and reads none',
    () => ({ learn: (state: Grown) => state }),
    asksForAcceptance.title,
    /has acceptance measured, and no `learn` reads it/,
  ],
  [
    'keeps NaN until it has measured',
    () => ({ start: () => ({ horizon: 1, since: Number.NaN }) }),
    stateIsJson.title,
    /the state\.since is NaN from `start`/,
  ],
  [
    'draws its horizon',
    ({ horizon }) => ({ now: () => 1 + Math.floor(Math.random() * horizon) }),
    usesNoChance.title,
    /it used Math\.random/,
  ],
  [
    'grows with every look',
    ({ horizon }) => {
      let looks = 0;
      return { now: () => 1 + (looks++ % horizon) };
    },
    nowIsPure.title,
    /when it was asked again with the same state/,
  ],
  [
    'changes its state in place',
    () => ({
      learn: (state: { since: number }, { acceptance }: Observed) =>
        Object.assign(state, { since: state.since + (acceptance ? 1 : 2) }),
    }),
    learnLeavesAlone.title,
    /`learn` wrote into its state at step 0: \{"horizon":1,"since":2\} in place of \{"horizon":1,"since":0\}/,
  ],
  [
    'keeps its horizon in a variable',
    ({ horizon }) => {
      let grown = 1;
      const learn = (state: Grown, { acceptance }: Observed) => {
        grown = Math.min(horizon, Math.max(grown, 1 + (acceptance?.length ?? 0)));
        return state;
      };
      return { learn, now: () => grown };
    },
    resumesExactly.title,
    /stopped after \d+ steps and resumed/,
  ],
  [
    'keeps its horizon in the module',
    ({ horizon }) => ({
      start() {
        grownInTheModule = 1;
        return { horizon: 1, since: 0 };
      },
      learn(state: Grown, { losses, acceptance }: Observed) {
        if (acceptance) grownInTheModule = losses[0] % 2 < 1 ? horizon : 1;
        return { ...state, horizon: grownInTheModule };
      },
    }),
    keepsNothingElse.title,
    /two trainings that take turns with one object of `create` disturb one another/,
  ],
])('a schedule that %s is caught', async (_what, part, title, message) => {
  const failure = await failureOf(horizonScheduleContract, title, schedule('broken', part));
  expect(failure).toMatch(/^horizon-schedule "broken": /);
  expect(failure).toMatch(message);
});

test('an option that is read nowhere is caught', async () => {
  const idle = defineHorizonSchedule({
    name: 'idle',
    options: Type.Object({ patience: Type.Integer({ minimum: 1, default: 2 }) }),
    create: (context) => paying(context, 2),
  });
  const failed = await failures(idle);
  expect([...failed.values()]).toEqual([
    expect.stringMatching(/option "patience" changes nothing .*describeHorizonScheduleContract\(/),
  ]);
});
