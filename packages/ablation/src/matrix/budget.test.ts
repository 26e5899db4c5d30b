import { type Experiment, parseSource } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import type { AblationFile } from './ablation-file.ts';
import type { Point } from './axes.ts';
import { budgetProblems, clockProblems, notReproducible, tokensPerStep, withinBudget, withSteps } from './budget.ts';
import { matchTokens, stepsOfItsOwn } from './match-tokens.ts';
import type { Setting } from './setting.ts';

const TRAINING = { steps: 100, batch: 4, accumulate: 3, warmupSteps: 10, checkpointEvery: 50, validateEvery: 20 };
const experimentOf = (training: object = {}, match = 'none', context = 8): Experiment =>
  ({ model: { match }, data: { context }, training: { ...TRAINING, ...training } }) as unknown as Experiment;
const read = (text: string) => {
  const source = parseSource(text, 'f.yaml');
  return { source, file: source.value as unknown as AblationFile };
};
const setting = (path: string): Setting => ({ path, value: 1, at: ['axes', path, 0], keyAt: ['axes', path] });
const point = (...paths: string[]): Point => ({ label: '', settings: paths.map(setting) });

describe('a budget', () => {
  const problemsOf = (text: string, ...points: Point[]) => {
    const { source, file } = read(text);
    return budgetProblems(source, file, points);
  };

  it('is one of three', () => {
    for (const budget of ['steps: 1', 'tokens: 1', 'minutes: 1'])
      expect(problemsOf(`budget: { ${budget} }`)).toEqual([]);
    expect(problemsOf('name: a', point('training.steps'))).toEqual([]);
    const sentence = 'f.yaml:1:9 budget: must be one of steps, tokens and minutes, had';
    expect(problemsOf('budget: {}')).toEqual([`${sentence} none.`]);
    expect(problemsOf('budget: { minutes: 1, steps: 2, tokens: 3 }')).toEqual([
      `${sentence} steps and tokens and minutes.`,
    ]);
  });

  it('is the only one to say how long arms train, by steps or by the clock', () => {
    const rival = (path: string) =>
      `f.yaml:1:9 axes.${path}: ${path} gets a value at f.yaml:2:11 too. A path takes its value from one place: remove one of them.`;
    const of = (kind: string, path: string) =>
      problemsOf(`axes: { ${path}: [1] }\nbudget: { ${kind}: 2 }`, point('a.b', path), point(path));
    expect(of('steps', 'training.steps')).toEqual([rival('training.steps')]);
    expect(of('tokens', 'training.steps')).toEqual([rival('training.steps')]);
    expect(of('minutes', 'training.minutes')).toEqual([rival('training.minutes')]);
    expect([of('minutes', 'training.steps'), of('steps', 'training.minutes')]).toEqual([[], []]);
  });

  it('of steps or tokens is how many steps an experiment has, warm-up and intervals in proportion', () => {
    const experiment = experimentOf({ minutes: 5 });
    const scaled = { ...TRAINING, steps: 50, warmupSteps: 5, checkpointEvery: 25, validateEvery: 10 };
    expect(withinBudget(experiment, { steps: 50 })).toEqual({
      steps: 50,
      experiment: { ...experiment, training: scaled },
    });
    expect(withinBudget(experiment, { steps: 50 }).experiment.training).not.toHaveProperty('minutes');
    // 4 x 3 x 8 = 96 tokens a step.
    expect(tokensPerStep(experiment)).toBe(96);
    expect(withinBudget(experiment, { tokens: 4800 + 47 })).toMatchObject({
      steps: 50,
      experiment: { training: scaled },
    });
    expect(withinBudget(experiment, { tokens: 4800 + 48 }).steps).toBe(51);
    expect(withinBudget(experiment, { tokens: 48 })).toMatchObject({
      steps: 1,
      experiment: { training: { steps: 1 } },
    });
  });

  it('of less than a step leaves the experiment, and so does none', () => {
    const experiment = experimentOf({ minutes: 5 });
    expect(withinBudget(experiment, { tokens: 47 })).toEqual({ steps: 0, experiment });
    expect(withinBudget(experiment, undefined)).toEqual({ steps: 100, experiment });
  });

  it('of minutes leaves the steps, and takes the place of the experiment’s own', () => {
    const training = { ...TRAINING, minutes: 2 };
    for (const own of [{}, { minutes: 5 }]) {
      const experiment = experimentOf(own);
      expect(withinBudget(experiment, { minutes: 2 })).toEqual({ steps: 100, experiment: { ...experiment, training } });
    }
  });
});

describe('an experiment that ends by the clock', () => {
  const why = 'a training that ends by the clock has none before it ends. Give steps or tokens, or leave it out.';
  const problemsOf = (text: string, match: string, minutes?: number) =>
    clockProblems(read(text), experimentOf(minutes === undefined ? {} : { minutes }, match));

  it('has no number of steps to be matched or pruned by', () => {
    const pruned = 'budget: { minutes: 3 }\npruning: { paired: {} }';
    for (const match of ['tokens', 'flops']) {
      expect(problemsOf(pruned, match, 3)).toEqual([
        `f.yaml:1:11 budget.minutes: match: ${match} gives each arm its number of steps, and ${why}`,
        `f.yaml:1:11 budget.minutes: pruning compares arms at shares of their steps, and ${why}`,
      ]);
    }
    expect(problemsOf('budget: { minutes: 3 }', 'parameters', 3)).toEqual([]);
    expect(problemsOf(pruned, 'tokens')).toEqual([]);
  });

  it('by its own minutes is told at the top of the file', () => {
    expect(problemsOf('pruning: { paired: {} }', 'none', 3)).toEqual([
      `f.yaml:1:1: pruning compares arms at shares of their steps, and ${why}`,
    ]);
    expect(problemsOf('budget: { steps: 3 }', 'flops', 3)[0]).toMatch(/^f\.yaml:1:1: match: flops /);
  });

  it('gives nobody the same results again', () => {
    expect(notReproducible(experimentOf())).toEqual({});
    expect(notReproducible(experimentOf({ minutes: 1 }))).toEqual({
      notReproducible: 'trained for 1 minute by the clock',
    });
    expect(notReproducible(experimentOf({ minutes: 2.5 }))).toEqual({
      notReproducible: 'trained for 2.5 minutes by the clock',
    });
  });
});

describe('arms that are matched by steps', () => {
  const baseline = experimentOf();

  it('have the steps that give them the baseline’s tokens, one at least', () => {
    for (const match of ['tokens', 'flops']) {
      const stepsOf = (training: object, context = 8) =>
        matchTokens(baseline, experimentOf(training, match, context)).training.steps;
      expect([stepsOf({}), stepsOf({ batch: 8 }), stepsOf({ accumulate: 1, steps: 7 })]).toEqual([100, 50, 300]);
      expect([stepsOf({}, 16), stepsOf({ batch: 7 }), stepsOf({ batch: 5000 })]).toEqual([50, 57, 1]);
    }
    expect(matchTokens(baseline, experimentOf({ batch: 8 }, 'tokens')).training).toMatchObject({ warmupSteps: 5 });
    const apart = experimentOf({ batch: 8 }, 'parameters');
    expect(matchTokens(baseline, apart)).toBe(apart);
  });

  it('set no steps of their own', () => {
    const { source } = read('arms: 1\naxes: { training.steps: [7], a: [1], training: [{ steps: 7 }] }');
    const problems = (match: string, steps: number, ...paths: string[]) =>
      stepsOfItsOwn(source, baseline, { experiment: experimentOf({ steps }, match), settings: paths.map(setting) });
    const sentence = (match: string) =>
      `must be that of the baseline (100) under match: ${match}, which gives each arm its number of steps, was 7. ` +
      'Leave it out, or choose another match.';
    expect(problems('tokens', 7, 'a', 'training.steps')).toEqual([
      `f.yaml:2:26 axes.training.steps.0: ${sentence('tokens')}`,
    ]);
    expect(problems('flops', 7, 'training', 'a')).toEqual([`f.yaml:2:49 axes.training.0: ${sentence('flops')}`]);
    expect(problems('flops', 7, 'a')).toEqual([`f.yaml:1:7 arms: ${sentence('flops')}`]);
    expect([problems('none', 7, 'training.steps'), problems('tokens', 100, 'training.steps')]).toEqual([[], []]);
  });
});

it('another number of steps scales what is counted in steps', () => {
  expect(withSteps(experimentOf(), 10).training).toEqual({
    ...TRAINING,
    steps: 10,
    warmupSteps: 1,
    checkpointEvery: 5,
    validateEvery: 2,
  });
});
