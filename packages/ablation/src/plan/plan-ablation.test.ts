import path from 'node:path';
import type { EngineOpener, ForetokenError } from '@foretoken/core';
import type { Engine, EngineOptions } from '@foretoken/engine';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AblationPlan, planAblation } from './plan-ablation.ts';
import { folderWith, plainBase, planningHost, planOf, problemsOf } from './planning.fixture.ts';

const armsOf = ({ arms }: AblationPlan) => arms;
const horizonsOf = ({ cells }: AblationPlan) => cells.map(({ experiment }) => experiment.model.head.horizon);

describe('a matrix', () => {
  it('is the base alone where neither arms nor axes are given', async () => {
    const plan = await planOf('');
    expect(armsOf(plan)).toEqual(['base']);
    expect(plan.cells.map(({ seed, experiment }) => [seed, experiment.model.head])).toEqual([
      [0, { name: 'parallel', horizon: 4 }],
    ]);
  });

  it('combines every value of every axis, the last axis running fastest, and names arms by them', async () => {
    const plan = await planOf(
      'axes: { model.head: [parallel, { name: low-rank, rank: 2 }], model.head.horizon: [2, 3] }',
    );
    expect(armsOf(plan)).toEqual([
      'head=parallel, horizon=2',
      'head=parallel, horizon=3',
      'head=low-rank(rank=2), horizon=2',
      'head=low-rank(rank=2), horizon=3',
    ]);
    expect(plan.cells.map(({ experiment }) => experiment.model.head)).toEqual([
      { name: 'parallel', horizon: 2 },
      { name: 'parallel', horizon: 3 },
      { name: 'low-rank', horizon: 2, rank: 2 },
      { name: 'low-rank', horizon: 3, rank: 2 },
    ]);
  });

  it('meets every named arm with every combination of axes', async () => {
    const plan = await planOf(`
arms: [{ name: one }, { name: narrow, set: { model.trunk.layers: 5 } }]
axes: { model.head.horizon: [1, 2] }`);
    expect(armsOf(plan)).toEqual(['one, horizon=1', 'one, horizon=2', 'narrow, horizon=1', 'narrow, horizon=2']);
    expect(plan.cells.map(({ experiment }) => experiment.model.trunk)).toEqual(
      [6, 6, 5, 5].map((layers) => ({ name: 'transformer', layers })),
    );
  });

  it('sets a plugin before its options, in whatever order they are written', async () => {
    const plan = await planOf('arms: [{ name: a, set: { model.head.rank: 3, model.head: low-rank } }]');
    expect(plan.cells[0].experiment.model.head).toEqual({ name: 'low-rank', horizon: 4, rank: 3 });
  });

  it('runs every arm with every seed, from `seeds` or from the axis `seed`', async () => {
    const arms = 'arms: [{ name: a }, { name: b, set: { model.head: linear } }]\n';
    for (const seeds of ['seeds: [7, 9]', 'axes: { seed: [7, 9] }']) {
      const { cells } = await planOf(arms + seeds);
      expect(cells.map(({ arm, seed, experiment }) => [arm, seed, experiment.seed])).toEqual([
        ['a', 7, 7],
        ['a', 9, 9],
        ['b', 7, 7],
        ['b', 9, 9],
      ]);
    }
  });

  it('puts the baseline first', async () => {
    const plan = await planOf('arms: [{ name: a }, { name: b, set: { model.head: linear } }]\nbaseline: b');
    expect(armsOf(plan)).toEqual(['b', 'a']);
  });

  it('scores every arm at the same positions: maxOffset is the largest horizon, or what the base sets', async () => {
    const axes = 'axes: { model.head.horizon: [1, 3, 2] }';
    const offsets = async (base: string) =>
      (await planOf(axes, { base })).cells.map(({ experiment }) => experiment.model.maxOffset);
    expect(await offsets(plainBase)).toEqual([3, 3, 3]);
    expect(await offsets(`${plainBase}\nmodel: { maxOffset: 8 }`)).toEqual([8, 8, 8]);
  });

  it('takes `match` for every arm', async () => {
    const { cells } = await planOf('axes: { model.head.horizon: [1, 2] }\nmatch: none');
    expect(cells.map(({ experiment }) => experiment.model.match)).toEqual(['none', 'none']);
  });

  const stepsOf = ({ cells }: AblationPlan) => cells.map(({ experiment }) => experiment.training.steps);
  const sizes = 'axes: { training.batch: [8, 16, 12], data.context: [128, 64] }';

  it.each(['tokens', 'flops'])(
    'under match: %s gives every arm the tokens of the baseline, by steps',
    async (match) => {
      const plan = await planOf(`${sizes}\nmatch: ${match}`);
      // 200 steps of 8 x 128 tokens; 12 x 128 and 12 x 64 take 133.3 and 266.7.
      expect(stepsOf(plan)).toEqual([200, 400, 100, 200, 133, 267]);
      const { warmupSteps, checkpointEvery, validateEvery } = plan.cells[2].experiment.training;
      expect([warmupSteps, checkpointEvery, validateEvery]).toEqual([2, 10, 10]);
      expect(stepsOf(await planOf(`${sizes}\nmatch: none`))).toEqual([200, 200, 200, 200, 200, 200]);
    },
  );

  it('refuses steps of an arm’s own where steps are what makes arms equal', async () => {
    const arms = 'arms: [{ name: a }, { name: b, set: { training.steps: 100 } }]';
    expect(await problemsOf(`${arms}\nmatch: tokens`)).toEqual([
      'ablation.yaml:5:55 arms.1.set.training.steps: must be that of the baseline (200) under match: ' +
        'tokens, which gives each arm its number of steps, was 100. Leave it out, or choose another match.',
    ]);
    expect(stepsOf(await planOf(`${arms}\nmatch: none`))).toEqual([200, 100]);
  });

  it('takes an experiment written inside it, and paths from its own folder', async () => {
    const folder = await folderWith({
      'ablation.yaml': `formatVersion: 1\nname: inline\nbase:\n  ${plainBase}\noutput: ../out`,
    });
    const plan = await planAblation(path.join(folder, 'ablation.yaml'), planningHost());
    expect(plan.baseDirectory).toBe(folder);
    expect(plan.directory).toBe(path.join(path.dirname(folder), 'out'));
    expect(plan.cells[0].experiment.data.dataset).toEqual({ name: 'text-files', root: '.' });
  });

  it('has as many cells as the product of its parts, each with another name or seed', async () => {
    const parts = fc.record({
      arms: fc.integer({ min: 1, max: 3 }),
      horizons: fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
      layers: fc.uniqueArray(fc.integer({ min: 6, max: 9 }), { minLength: 1, maxLength: 3 }),
      seeds: fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(parts, async ({ arms, horizons, layers, seeds }) => {
        const names = Array.from({ length: arms }, (_, i) => ({ name: `arm ${i}` }));
        const axes = { 'model.head.horizon': horizons, 'model.trunk.layers': layers };
        const plan = await planOf(
          `arms: ${JSON.stringify(names)}\naxes: ${JSON.stringify(axes)}\nseeds: ${JSON.stringify(seeds)}`,
        );
        const cells = plan.cells.map(({ arm, seed }) => `${arm}/${seed}`);
        expect(new Set(cells).size).toBe(arms * horizons.length * layers.length * seeds.length);
        expect(cells.length).toBe(new Set(cells).size);
        expect(new Set(horizonsOf(plan))).toEqual(new Set(horizons));
      }),
      { numRuns: 20 },
    );
  });
});

describe('what is wrong with an ablation file', () => {
  it('is said all at once, each with its place', async () => {
    const problems = await problemsOf(
      'baseline: none\nseed: [1]\naxes: { model.head.horizon: [] }\narms: []\nmatch: flop\n',
    );
    expect(problems).toEqual([
      expect.stringMatching(/^ablation.yaml:6:1 seed: is not a known key\. Did you mean "seeds"\?/),
      'ablation.yaml:7:29 axes.model.head.horizon: must not be empty.',
      'ablation.yaml:8:7 arms: must not be empty.',
      'ablation.yaml:9:8 match: must be one of "parameters", "flops", "tokens", "none", was "flop". Did you mean "flops"?',
    ]);
  });

  it('includes an axis whose path does not exist, with what was probably meant', async () => {
    expect(await problemsOf('axes: { modle.head.horizon: [1, 2] }')).toEqual([
      expect.stringMatching(/^ablation.yaml:5:9 modle: is not a known key\. Did you mean "model"\?/),
    ]);
    expect(await problemsOf('axes: { model.head.horizn: [1, 2] }')).toEqual([
      expect.stringMatching(/^ablation.yaml:5:9 model\.head\.horizn: is not a known key\..* Did you mean "horizon"\?/),
    ]);
    expect(await problemsOf('axes: { training.steps.first: [1] }', `${plainBase}\ntraining: { steps: 4 }`)).toEqual([
      'ablation.yaml:5:9 training.steps: cannot go further; 4 stands there. Set that place, or name another.',
    ]);
  });

  it('includes a wrong value of an axis or an arm, and of the base, at their own places', async () => {
    const problems = await problemsOf(
      'axes: { model.head.horizon: [1, 0] }\narms: [{ name: a, set: { model.head: medusa } }, { name: b }]',
      `${plainBase}\ntraining: { steps: 0 }`,
    );
    expect(problems).toHaveLength(3);
    expect(problems).toEqual(
      expect.arrayContaining([
        'experiment.yaml:2:20 training.steps: must be >= 1, was 0.',
        'ablation.yaml:5:33 model.head.horizon: must be >= 1, was 0.',
        'ablation.yaml:6:26 model.head.name: no head "medusa". Registered heads: linear, low-rank, parallel.',
      ]),
    );
  });

  it('includes an arm name given twice, and two arms that would read alike', async () => {
    expect(await problemsOf('arms: [{ name: a }, { name: a, set: { model.head: linear } }]')).toEqual([
      'ablation.yaml:5:29 arms.1.name: "a" is already the name of the arm at ablation.yaml:5:16. Give each arm its own.',
    ]);
    expect(await problemsOf('axes: { model.head: [linear, { name: linear }] }')).toEqual([
      expect.stringMatching(/^ablation.yaml:5:30 .*two arms would be named "head=linear"/),
    ]);
  });

  it('includes a baseline that is not in the matrix', async () => {
    expect(
      await problemsOf('arms: [{ name: one }, { name: two, set: { model.head: linear } }]\nbaseline: tow'),
    ).toEqual(['ablation.yaml:6:11 baseline: no arm "tow". Did you mean "two"? Arms: "one", "two".']);
  });

  it('includes two values for one path, be one of them inside the other', async () => {
    const twice = 'gets a value at ablation.yaml:5:26 too. A path takes its value from one place: remove one of them.';
    const arm = 'arms: [{ name: a, set: { model.head: { name: linear, horizon: 2 } } }]\n';
    expect(await problemsOf(`${arm}axes: { model.head.horizon: [3] }`)).toEqual([
      `ablation.yaml:6:9 axes.model.head.horizon: model.head.horizon ${twice}`,
    ]);
    expect(await problemsOf(`${arm}axes: { model.head: [parallel] }`)).toEqual([
      `ablation.yaml:6:9 axes.model.head: model.head ${twice}`,
    ]);
    expect(await problemsOf('seeds: [1]\naxes: { seed: [2] }')).toEqual([
      expect.stringMatching(/^ablation.yaml:6:9 axes.seed: seed gets a value at ablation.yaml:5:1 too/),
    ]);
    expect(await problemsOf('match: none\naxes: { model.match: [parameters] }')).toEqual([
      expect.stringMatching(/^ablation.yaml:6:9 axes.model.match: model.match gets a value at ablation.yaml:5:1 too/),
    ]);
  });

  it('includes what every arm must share', async () => {
    const problems = await problemsOf('arms: [{ name: a, set: { model.maxOffset: 9, seed: 1 } }]\naxes: { name: [x] }');
    expect(problems).toHaveLength(3);
    for (const problem of problems) expect(problem).toMatch(/^ablation.yaml:\d:\d+ .*may not differ between arms/);
  });

  it('includes a matrix too large to be meant, before it is expanded', async () => {
    const values = Array.from({ length: 100 }, (_, i) => i + 1).join();
    const axes = ['steps', 'batch', 'accumulate'].map((key) => `training.${key}: [${values}]`).join(', ');
    expect(await problemsOf(`axes: { ${axes} }`)).toEqual([
      'ablation.yaml:5:1 axes: the matrix has 1000000 cells; at most 10000 are run. Take values from an axis.',
    ]);
  });

  it('is told from a missing file, a broken text and another format', async () => {
    const codeOf = (promise: Promise<unknown>) =>
      promise.then(
        () => 'fine',
        (error: ForetokenError) => error.code,
      );
    const folder = await folderWith({
      'a.yaml': 'formatVersion: 1\nname: a\nbase: missing.yaml\noutput: o',
      'b.yaml': '{',
      'c.yaml': 'formatVersion: 2',
    });
    const plan = (name: string) => codeOf(planAblation(path.join(folder, name), planningHost()));
    expect(await plan('none.yaml')).toBe('CONFIG_NOT_FOUND');
    expect(await plan('a.yaml')).toBe('CONFIG_NOT_FOUND');
    expect(await plan('b.yaml')).toBe('CONFIG_SYNTAX');
    expect(await plan('c.yaml')).toBe('FORMAT_VERSION');
    expect(await codeOf(planOf('', { base: '[' }))).toBe('CONFIG_SYNTAX');
  });
});

describe('identities', () => {
  const two = 'arms: [{ name: a }, { name: b, set: { decoders: { d: speculative } } }]';
  const ids = ({ cells }: AblationPlan) => cells.map(({ id }) => id);
  const keys = ({ cells }: AblationPlan) => cells.map(({ trainingKey }) => trainingKey);

  it('are the same for the same content, wherever its files lie and whatever its arms are called', async () => {
    expect(ids(await planOf(two))).toEqual(ids(await planOf(two)));
    expect(ids(await planOf(two))).toEqual(ids(await planOf(two.replace('name: a', 'name: other'))));
    expect(ids(await planOf('', { base: `name: x\n${plainBase}` }))).toEqual(ids(await planOf('')));
  });

  it('change with anything that can change a result: seed, engine, versions, configuration', async () => {
    const cellOf = async (lines: string, options?: Parameters<typeof planOf>[1]) =>
      (await planOf(lines, options)).cells[0];
    const cells = [
      await cellOf(''),
      await cellOf('seeds: [1]'),
      await cellOf('', { host: planningHost({ fingerprint: 'other' }) }),
      await cellOf('', { host: planningHost({ versions: { '@foretoken/heads': '1.0.1' } }) }),
      await cellOf('axes: { training.steps: [9] }'),
      await cellOf('', { base: `${plainBase}\nengine: { precision: bfloat16 }` }),
    ];
    expect(new Set(cells.map(({ id }) => id)).size).toBe(6);
    expect(new Set(cells.map(({ trainingKey }) => trainingKey)).size).toBe(6);
  });

  it('change with the contents of the packages used, versions being equal, and go by what was read when planned', async () => {
    const code = async (text: string) => ({
      '@foretoken/heads': await folderWith({ 'package.json': '{}', 'a.js': text }),
    });
    const hosted = async (text: string) => planOf(two, { host: planningHost({ directories: await code(text) }) });
    const [one, same, other] = [await hosted('1'), await hosted('1'), await hosted('2')];
    expect(ids(same)).toEqual(ids(one));
    for (const [i, id] of ids(one).entries()) expect(ids(other)[i]).not.toBe(id);
    expect(keys(other)).not.toContain(keys(one)[0]);
    expect(other.cells[0].packages).toEqual(one.cells[0].packages);
    expect(other.cells[0].code).not.toEqual(one.cells[0].code);
    expect(Object.keys(one.cells[0].code)).toContain('@foretoken/engine');
  });

  it('leave a training alone when only the contents of a decoder change', async () => {
    const hosted = async (text: string) => {
      const decoders = await folderWith({ 'package.json': '{}', 'a.js': text });
      return planOf('', { host: planningHost({ directories: { '@foretoken/decoders': decoders } }) });
    };
    const [before, after] = [await hosted('1'), await hosted('2')];
    expect(keys(after)).toEqual(keys(before));
    expect(ids(after)).not.toEqual(ids(before));
  });

  it('do not change with the name that one engine is asked for by', async () => {
    const named = await planOf('', { base: `${plainBase}\nengine: wasm` });
    expect(ids(named)).toEqual(ids(await planOf('')));
    expect(keys(named)).toEqual(keys(await planOf('')));
  });

  it('go by the settings of each engine, opened once', async () => {
    const opened: EngineOptions[] = [];
    const openEngine: EngineOpener = async (options) => {
      opened.push(options);
      return { fingerprint: `${options.name} in ${options.precision}` } as Engine;
    };
    const axes = 'seeds: [1, 2]\naxes: { engine: [wasm, { name: wasm, precision: bfloat16 }, auto] }';
    const { engines, cells } = await planOf(axes, { host: { ...planningHost(), openEngine } });
    expect(engines).toEqual({
      auto: 'auto in float32',
      wasm: 'wasm in float32',
      'wasm bfloat16': 'wasm in bfloat16',
    });
    expect(opened).toHaveLength(3);
    expect(new Set(cells.map(({ id }) => id)).size).toBe(6);
  });

  it('leave out packages that the cell does not use', async () => {
    const host = planningHost({ versions: { 'low-rank-head': '9.9.9' } });
    expect(ids(await planOf('', { host }))).toEqual(ids(await planOf('')));
    expect((await planOf('axes: { model.head: [low-rank] }', { host })).cells[0].packages).toMatchObject({
      'low-rank-head': '9.9.9',
    });
  });

  it('share one training between cells that differ only in decoders and evals', async () => {
    const plan = await planOf(`
arms:
  - { name: a }
  - { name: b, set: { decoders: { s: { name: speculative, policy: { name: fixed, length: 1 } } } } }
  - { name: c, set: { evals: [bits-per-byte] } }
  - { name: d, set: { training.steps: 3 } }`);
    expect(new Set(ids(plan)).size).toBe(4);
    expect(keys(plan).map((key) => keys(plan).indexOf(key))).toEqual([0, 0, 0, 3]);
    expect(plan.trainings.map(({ key, cells }) => [key, cells.length])).toEqual([
      [plan.cells[0].trainingKey, 3],
      [plan.cells[3].trainingKey, 1],
    ]);
    expect(plan.trainings[0].experiment).toMatchObject({ name: 'training', evals: [] });
    expect(Object.keys(plan.trainings[0].experiment.decoders)).toEqual(['greedy', 'speculative']);
  });

  it('keep a training apart when only the version of a decoder changes: not needed', async () => {
    const host = planningHost({ versions: { '@foretoken/decoders': '1.1.0' } });
    const [before, after] = [await planOf(''), await planOf('', { host })];
    expect(keys(after)).toEqual(keys(before));
    expect(ids(after)).not.toEqual(ids(before));
  });

  it('are of frozen experiments', async () => {
    const [{ experiment }] = (await planOf('')).cells;
    expect(() => Object.assign(experiment.model.head, { horizon: 9 })).toThrow(TypeError);
  });
});
