import { type Experiment, type Json, parseSource } from '@foretoken/core';
import { describe, expect, test } from 'vitest';
import { type AblationFile, MAX_PROBLEMS, type ReadAblation } from './ablation-file.ts';
import type { InspectedArm } from './inspect-arm.ts';
import { resolveArms } from './resolve-arms.ts';
import type { Setting } from './setting.ts';

const read = (text: string): ReadAblation => {
  const source = parseSource(text, 'f.yaml');
  return { source, file: source.value as unknown as AblationFile };
};

const TRAINING = { steps: 100, batch: 4, accumulate: 1, warmupSteps: 10, checkpointEvery: 50, validateEvery: 20 };

/** An arm whose settings are values of its training, or its `match` and `maxOffset`. */
const experimentOf = ({ match = 'none', maxOffset = 4, ...training }: { [key: string]: Json } = {}): Experiment =>
  ({ seed: 0, model: { match, maxOffset }, data: { context: 8 }, training: { ...TRAINING, ...training } }) as never;

/** Arms `a`, `b`, ... with what each sets. */
function resolve(text: string, arms: readonly { [key: string]: Json }[], seeds: readonly number[] = []) {
  const known = arms.map((set, i) => {
    const settings: Setting[] = Object.entries(set).map(([key, value]) => {
      const at = ['arms', i, 'set', `training.${key}`];
      return { path: `training.${key}`, value, at, keyAt: at };
    });
    return { name: 'abcd'[i], settings };
  });
  const inspect = (settings: readonly Setting[]): InspectedArm => ({
    experiment: experimentOf(Object.fromEntries(settings.map(({ path, value }) => [path.split('.')[1], value]))),
    problems: [],
  });
  const ofSeeds = seeds.map((value): Setting => ({ path: 'seed', value, at: ['seeds'], keyAt: ['seeds'] }));
  return resolveArms(read(text), inspect, known, ofSeeds);
}

const trained = ({ cells }: ReturnType<typeof resolve>) =>
  cells.map(({ arm, experiment: { seed, training } }) => [arm, seed, training.steps]);

describe('arms', () => {
  test('are complete experiments, each with every seed, or with the one that it has', () => {
    const { cells, problems } = resolve('name: t', [{}, { batch: 2 }]);
    expect(problems).toEqual([]);
    expect(cells).toEqual([
      { arm: 'a', experiment: experimentOf() },
      { arm: 'b', experiment: experimentOf({ batch: 2 }) },
    ]);
    const seeded = resolve('name: t', [{}, { batch: 2 }], [7, 3]);
    expect(seeded.cells).toEqual([
      { arm: 'a', experiment: { ...experimentOf(), seed: 7 } },
      { arm: 'a', experiment: { ...experimentOf(), seed: 3 } },
      { arm: 'b', experiment: { ...experimentOf({ batch: 2 }), seed: 7 } },
      { arm: 'b', experiment: { ...experimentOf({ batch: 2 }), seed: 3 } },
    ]);
  });

  test('score the same positions: those of the largest offset', () => {
    const { cells } = resolve('name: t', [{ maxOffset: 2 }, { maxOffset: 5 }, { maxOffset: 3 }]);
    expect(cells.map(({ experiment: { model } }) => model)).toEqual([
      { match: 'none', maxOffset: 5 },
      { match: 'none', maxOffset: 5 },
      { match: 'none', maxOffset: 5 },
    ]);
  });
});

describe('the steps of arms', () => {
  const tokens = { match: 'tokens' };

  test('are as many as give each the tokens of the baseline, under a match by steps', () => {
    expect(trained(resolve('name: t', [tokens, { ...tokens, batch: 8 }]))).toEqual([
      ['a', 0, 100],
      ['b', 0, 50],
    ]);
    expect(trained(resolve('name: t', [{}, { batch: 8 }])).map(([, , steps]) => steps)).toEqual([100, 100]);
  });

  test('are not an arm’s own under such a match, and this is said once', () => {
    const text = 'arms:\n- {}\n- set: { training.steps: 60 }\n';
    const sentence =
      'f.yaml:3:26 arms.1.set.training.steps: must be that of the baseline (100) under match: tokens, which gives each ' +
      'arm its number of steps, was 60. Leave it out, or choose another match.';
    expect(resolve(text, [tokens, { ...tokens, steps: 60 }], [1, 2]).problems).toEqual([sentence]);
    expect(resolve(text, [{}, { steps: 60 }]).problems).toEqual([]);
  });

  test('are those of the budget, in steps or in tokens, and the match asks for no others', () => {
    expect(trained(resolve('budget: { steps: 60 }', [{}, { batch: 8 }]))).toEqual([
      ['a', 0, 60],
      ['b', 0, 60],
    ]);
    // 4 x 8 and 8 x 8 tokens a step.
    const budgeted = resolve('budget: { tokens: 640 }', [tokens, { ...tokens, batch: 8 }]);
    expect(trained(budgeted)).toEqual([
      ['a', 0, 20],
      ['b', 0, 10],
    ]);
    expect(budgeted.problems).toEqual([]);
  });

  test('are one at least: a budget of less is refused with every arm that it is too small for', () => {
    const sentence = (count: number, arm: string) =>
      `f.yaml:1:19 budget.tokens: must be at least half a step of every arm, which has ${count} tokens in "${arm}", was 20.`;
    expect(resolve('budget: { tokens: 20 }', [{}, { batch: 8 }, { batch: 16 }]).problems).toEqual([
      sentence(64, 'b'),
      sentence(128, 'c'),
    ]);
    expect(resolve('budget: { tokens: 16 }', [{}]).problems).toEqual([]);
  });

  test('are not known before the end of a training by the clock, and what must know them is told', () => {
    const why = 'a training that ends by the clock has none before it ends. Give steps or tokens, or leave it out.';
    const said = 'f.yaml:1:11 budget.minutes: match: tokens gives each arm its number of steps, and';
    expect(resolve('budget: { minutes: 3 }', [tokens, { ...tokens, batch: 2 }]).problems).toEqual([`${said} ${why}`]);
  });
});

describe('what is wrong with arms', () => {
  test('is said once, of all of them, and nothing of them is resolved', () => {
    const arms = ['x', 'y', 'z'].map((name) => ({ name, settings: [] }));
    const found = [['both', 'first'], ['both'], []];
    let i = 0;
    const inspect = (): InspectedArm => ({ experiment: experimentOf(), problems: found[i++] });
    expect(resolveArms(read('budget: { tokens: 1 }'), inspect, arms, [])).toEqual({
      cells: [],
      problems: ['both', 'first'],
    });
  });

  test('is looked for in no further arm after so many problems', () => {
    const arms = Array.from({ length: MAX_PROBLEMS + 50 }, (_, i) => ({ name: `${i}`, settings: [] }));
    let numInspected = 0;
    const inspect = (): InspectedArm => ({ problems: [`problem ${numInspected++}`] });
    const { cells, problems } = resolveArms(read('name: a'), inspect, arms, []);
    expect([cells, problems.length, numInspected]).toEqual([[], MAX_PROBLEMS, MAX_PROBLEMS]);
  });
});
