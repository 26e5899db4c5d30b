import { compileSchema } from '@foretoken/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainBase, planOf, problemsOf } from '../plan/planning.fixture.ts';
import { ablationSchema } from './ablation-schema.ts';

const namesOf = async (lines: string, base?: string) => (await planOf(lines, { base })).arms;

describe('an axis of zip', () => {
  const zip =
    'axes: { size: { zip: { model.trunk.layers: [6, 8], training.batch: [4, 2] } }, model.head: [linear, parallel] }';

  it('walks its lists together, and meets the other axes', async () => {
    const { arms, cells } = await planOf(zip);
    expect(arms).toEqual([
      'layers=6 batch=4, head=linear',
      'layers=6 batch=4, head=parallel',
      'layers=8 batch=2, head=linear',
      'layers=8 batch=2, head=parallel',
    ]);
    expect(cells.map(({ experiment }) => [experiment.model.trunk.layers, experiment.training.batch])).toEqual([
      [6, 4],
      [6, 4],
      [8, 2],
      [8, 2],
    ]);
  });

  it('has lists of one length', async () => {
    expect(await problemsOf('axes: { size: { zip: { model.trunk.layers: [6, 8], training.batch: [4] } } }')).toEqual([
      'ablation.yaml:5:52 axes.size.zip.training.batch: must have as many values as model.trunk.layers (2), ' +
        'which they go together with, had 1.',
    ]);
  });
});

describe('an axis of patches', () => {
  it('puts several values at once, each under a name', async () => {
    const { arms, cells } = await planOf(`
axes:
  model.head.horizon: [1, 2]
  size:
    patches:
      - { name: base }
      - { name: deep and narrow, set: { model.trunk.layers: 8, training.batch: 2 } }`);
    expect(arms).toEqual([
      'horizon=1, size=base',
      'horizon=1, size="deep and narrow"',
      'horizon=2, size=base',
      'horizon=2, size="deep and narrow"',
    ]);
    expect(cells.map(({ experiment }) => experiment.training.batch)).toEqual([8, 2, 8, 2]);
  });

  it('has one form, a name that is no path, and names no patch twice', async () => {
    expect(
      await problemsOf(`
axes:
  a: { zip: { training.batch: [1] }, values: [2] }
  b: { when: { training.batch: 8 } }
  model.head: { patches: [{ name: x }] }
  data: { zip: { training.batch: [1] } }
  c: { patches: [{ name: x }, { name: x }] }`),
    ).toEqual([
      'ablation.yaml:7:3 axes.a: must have one of values, zip and patches, had values and zip.',
      'ablation.yaml:8:3 axes.b: must have one of values, zip and patches, had none of them.',
      'ablation.yaml:9:3 axes.model.head: an axis of zip or patches has a name of its own, without dots, such as "size"; was "model.head".',
      'ablation.yaml:10:3 axes.data: an axis of zip or patches has a name of its own, without dots, such as "size"; was "data".',
      'ablation.yaml:11:39 axes.c.patches.1.name: "x" is already the name of the patch at ablation.yaml:11:26. Give each patch its own.',
    ]);
  });

  it('shares its paths with no other axis', async () => {
    expect(
      await problemsOf(
        'axes: { training.batch: [1, 2], size: { patches: [{ name: x, set: { training.batch: 3 } }] } }',
      ),
    ).toEqual([
      'ablation.yaml:5:69 axes.size.patches.0.set.training.batch: training.batch gets a value at ablation.yaml:5:9 too. ' +
        'A path takes its value from one place: remove one of them.',
    ]);
  });
});

describe('an axis with a condition', () => {
  const heads = 'axes:\n  model.head: [linear, low-rank, { name: low-rank, rank: 3 }]\n';

  it('applies to the arms that fit, and leaves the others as they are', async () => {
    expect(
      await namesOf(
        'axes: { model.head: [linear, low-rank], model.head.rank: { values: [2, 4], when: { model.head: low-rank } } }',
      ),
    ).toEqual(['head=linear', 'head=low-rank, rank=2', 'head=low-rank, rank=4']);
  });

  it.each([
    ['a plugin by its name, whatever its options', '{ model.head: low-rank }', [1, 2]],
    ['a plugin by some of its entries', '{ model.head: { rank: 3 } }', [2]],
    ['an option that is nowhere written: its default counts', '{ model.head.rank: 8 }', [1]],
    ['any value of a list', '{ model.head: [linear, { rank: 3 }] }', [0, 2]],
    ['all of its entries', '{ model.head: low-rank, model.head.rank: 3 }', [2]],
    ['what the base says', '{ training.batch: 8 }', [0, 1, 2]],
  ])('is judged on %s', async (_, when, fitting) => {
    const names = await namesOf(`${heads}  training.accumulate: { values: [2, 3], when: ${when} }`);
    const plain = ['head=linear', 'head=low-rank', 'head=low-rank(rank=3)'];
    expect(names).toEqual(
      plain.flatMap((name, i) =>
        (fitting as number[]).includes(i) ? [`${name}, accumulate=2`, `${name}, accumulate=3`] : [name],
      ),
    );
  });

  it('is judged on named arms and patches, and on the axes above it alone', async () => {
    expect(
      await namesOf(`
arms: [{ name: a }, { name: b, set: { training.accumulate: 2 } }]
axes:
  size: { patches: [{ name: s }, { name: l, set: { training.batch: 2 } }] }
  model.head.horizon: { values: [1, 2], when: { arm: b, size: l } }`),
    ).toEqual(['a, size=s', 'a, size=l', 'b, size=s', 'b, size=l, horizon=1', 'b, size=l, horizon=2']);
    expect(
      await problemsOf(
        'axes: { training.accumulate: { values: [2], when: { model.head: linear } }, model.head: [linear] }',
      ),
    ).toEqual([
      'ablation.yaml:5:45 axes.training.accumulate.when: fits no arm of the base and the axes above it: ' +
        'model.head is never linear. It is parallel.',
    ]);
  });

  it('is a mistake where nothing fits: said with what there is', async () => {
    const when = (condition: string) => problemsOf(`${heads}  training.batch: { values: [2], when: ${condition} }`);
    const place = 'ablation.yaml:7:34 axes.training.batch.when: fits no arm of the base and the axes above it: ';
    expect(await when('{ model.head: linaer }')).toEqual([
      expect.stringContaining(`${place}model.head is never linaer.`),
    ]);
    expect(await when('{ model.head.rnak: 3 }')).toEqual([
      `${place}no arm has "model.head.rnak". Did you mean "model.head.rank"?`,
    ]);
    expect(await when('{ model.head: linear, training.batch: 9 }')).toEqual([
      `${place}training.batch is never 9. It is 8.`,
    ]);
    expect(await when('{ model.head: linear, model.head.rank: 3 }')).toEqual([
      `${place}no arm has all of these at once.`,
    ]);
  });
});

describe('exclude and include', () => {
  const grid = 'axes: { model.head: [linear, low-rank], model.head.horizon: [1, 2, 3] }\n';

  it('leave out the combinations that fit any condition, and add arms that meet no axis', async () => {
    const { arms, cells } = await planOf(`${grid}exclude:
  - { model.head: linear, model.head.horizon: [2, 3] }
  - { model.head: low-rank, model.head.horizon: 1 }
include:
  - { name: plain, set: { model.head: linear, model.head.horizon: 1, training.batch: 2 } }
match: none`);
    expect(arms).toEqual(['head=linear, horizon=1', 'head=low-rank, horizon=2', 'head=low-rank, horizon=3', 'plain']);
    expect(cells.map(({ experiment }) => experiment.model.match)).toEqual(['none', 'none', 'none', 'none']);
    expect(cells[3].experiment).toMatchObject({
      model: { head: { name: 'linear', horizon: 1 } },
      training: { batch: 2 },
    });
  });

  it('may leave out what could not be run', async () => {
    const impossible = 'axes: { model.head.horizon: [4, 6], model.trunk.layers: [5, 8] }\nmatch: parameters\n';
    expect(await problemsOf(impossible)).toEqual([expect.stringContaining('takes 6 of 5 layers')]);
    expect(await namesOf(`${impossible}exclude: [{ model.head.horizon: 6, model.trunk.layers: 5 }]`)).toHaveLength(3);
  });

  it('are mistakes where they change nothing', async () => {
    expect(await problemsOf(`${grid}exclude: [{ model.head: parallel }, { model.haed: linear }]`)).toEqual([
      'ablation.yaml:6:11 exclude.0: excludes nothing: model.head is never parallel. It is linear, low-rank.',
      'ablation.yaml:6:37 exclude.1: excludes nothing: no arm has "model.haed". Did you mean "model.head"?',
    ]);
    expect(
      await problemsOf(`${grid}include: [{ name: x, set: { model.head: linear, model.head.horizon: 2 } }]`),
    ).toEqual([
      'ablation.yaml:6:11 include.0: adds nothing: it is the same as the arm "head=linear, horizon=2". Give it values of its own.',
    ]);
  });

  it('leave something, and every seed to every arm', async () => {
    expect(await problemsOf(`${grid}exclude: [{ model.head: [linear, low-rank] }]`)).toEqual([
      'ablation.yaml:6:1 exclude: excludes all 6 combinations. Leave some of them in.',
    ]);
    expect(await problemsOf(`${grid}exclude: [{ model.head: linear, seed: 1 }]\nseeds: [1, 2]`)).toEqual([
      'ablation.yaml:6:33 exclude.0.seed: every arm runs with every seed; leave it out.',
    ]);
    expect(await problemsOf('axes: { seed: { values: [1], when: { model.head: parallel } } }')).toEqual([
      'ablation.yaml:5:9 axes.seed: must be a list: every arm runs with every seed, so that arms are compared in pairs.',
    ]);
  });

  it('are the arms that a filter over the whole grid leaves', async () => {
    const some = (max: number) => fc.uniqueArray(fc.integer({ min: 1, max }), { minLength: 1, maxLength: 3 });
    const parts = fc.record({ horizons: some(4), batches: some(5), horizon: some(4), batch: some(5) });
    await fc.assert(
      fc.asyncProperty(parts, async ({ horizons, batches, horizon, batch }) => {
        const combinations = horizons.flatMap((h) => batches.map((b) => [h, b]));
        const left = combinations.filter(([h, b]) => !(horizon.includes(h) && batch.includes(b)));
        const lines = `axes: { model.head.horizon: [${horizons}], training.batch: [${batches}] }
exclude: [{ model.head.horizon: [${horizon}], training.batch: [${batch}] }]`;
        if (left.length === combinations.length) {
          expect(await problemsOf(lines)).toEqual([expect.stringContaining('excludes nothing')]);
        } else if (left.length === 0) {
          expect(await problemsOf(lines)).toEqual([expect.stringContaining('excludes all')]);
        } else {
          expect(await namesOf(lines)).toEqual(left.map(([h, b]) => `horizon=${h}, batch=${b}`));
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('the baseline', () => {
  const grid = 'axes: { model.head: [linear, low-rank], model.head.horizon: [1, 2] }\n';

  it('may be named by what it alone has', async () => {
    const names = await namesOf(`${grid}baseline: { model.head: low-rank, model.head.horizon: 1 }`);
    expect(names[0]).toBe('head=low-rank, horizon=1');
    expect(names).toHaveLength(4);
  });

  it('is one arm', async () => {
    expect(await problemsOf(`${grid}baseline: { model.head: linear }`)).toEqual([
      'ablation.yaml:6:11 baseline: must be one arm, was 2: "head=linear, horizon=1", "head=linear, horizon=2". Name more of its values.',
    ]);
    expect(await problemsOf(`${grid}baseline: { model.head.horizon: 3 }`)).toEqual([
      'ablation.yaml:6:11 baseline: is no arm of the matrix: model.head.horizon is never 3. It is 1, 2.',
    ]);
  });
});

describe('a budget', () => {
  const trainingOf = async (lines: string) =>
    (
      await planOf(lines, {
        base: 'data: { dataset: { name: text-files, root: . } }\ntraining: { steps: 400, warmupSteps: 40, validateEvery: 20 }',
      })
    ).cells.map(({ experiment: { training } }) => [training.steps, training.warmupSteps, training.validateEvery]);

  it('of steps trains every arm as long, warm-up and intervals in proportion', async () => {
    expect(await trainingOf('axes: { training.batch: [8, 16] }\nbudget: { steps: 100 }')).toEqual([
      [100, 10, 5],
      [100, 10, 5],
    ]);
  });

  it('of tokens gives every arm the steps that they take', async () => {
    // 8 x 128 tokens a step; 102,400 of them are 100 steps.
    const axes = 'axes: { training.batch: [8, 16], data.context: [128, 64] }\nbudget: { tokens: 102400 }\n';
    const steps = [100, 200, 50, 100];
    for (const match of ['none', 'tokens', 'flops']) {
      expect((await trainingOf(`${axes}match: ${match}`)).map(([count]) => count)).toEqual(steps);
    }
  });

  it('of steps is the baseline’s where arms are matched by steps', async () => {
    const lines = 'axes: { training.batch: [8, 16] }\nbudget: { steps: 100 }\nmatch: tokens';
    expect((await trainingOf(lines)).map(([count]) => count)).toEqual([100, 50]);
  });

  it('of minutes is every arm’s, whose steps then divide its schedule', async () => {
    const lines = 'axes: { training.steps: [100, 200] }\nbudget: { minutes: 3 }';
    const { cells } = await planOf(lines, { base: `${plainBase}\ntraining: { minutes: 9 }` });
    const trained = cells.map(({ experiment: { training } }) => [training.steps, training.minutes]);
    expect(trained).toEqual([
      [100, 3],
      [200, 3],
    ]);
    const [other] = (await planOf(lines.replace('3', '4'))).cells;
    expect([other.id, other.trainingKey]).not.toContain(cells[0].id);
    expect(other.trainingKey).not.toBe(cells[0].trainingKey);
    const [byTokens] = (await planOf('budget: { steps: 9 }', { base: `${plainBase}\ntraining: { minutes: 9 }` })).cells;
    expect(byTokens.experiment.training).not.toHaveProperty('minutes');
  });

  it('of minutes is refused with whatever must know the steps before', async () => {
    const why = 'a training that ends by the clock has none before it ends. Give steps or tokens, or leave it out.';
    for (const match of ['tokens', 'flops']) {
      expect(await problemsOf(`budget: { minutes: 3 }\nmatch: ${match}`)).toEqual([
        `ablation.yaml:5:11 budget.minutes: match: ${match} gives each arm its number of steps, and ${why}`,
      ]);
    }
    const pruned =
      'seeds: [0, 1, 2]\narms: [{ name: a }, { name: b, set: { training.batch: 4 } }]\npruning: { paired: {} }';
    expect(await problemsOf(`budget: { minutes: 3 }\n${pruned}`)).toContain(
      `ablation.yaml:5:11 budget.minutes: pruning compares arms at shares of their steps, and ${why}`,
    );
    expect(await problemsOf('budget: { minutes: 3 }\naxes: { training.minutes: [1, 2] }')).toEqual([
      'ablation.yaml:6:9 axes.training.minutes: training.minutes gets a value at ablation.yaml:5:11 too. ' +
        'A path takes its value from one place: remove one of them.',
    ]);
  });

  it('is one of steps, tokens and minutes, and the only one to say how long', async () => {
    expect(await problemsOf('budget: { steps: 1, tokens: 2 }')).toEqual([
      'ablation.yaml:5:9 budget: must be one of steps, tokens and minutes, had steps and tokens.',
    ]);
    expect(await problemsOf('budget: {}')).toEqual([
      'ablation.yaml:5:9 budget: must be one of steps, tokens and minutes, had none.',
    ]);
    expect(await problemsOf('budget: { steps: 9 }\naxes: { training.steps: [1, 2] }')).toEqual([
      'ablation.yaml:6:9 axes.training.steps: training.steps gets a value at ablation.yaml:5:11 too. ' +
        'A path takes its value from one place: remove one of them.',
    ]);
    expect(await problemsOf('budget: { tokens: 500 }')).toEqual([
      'ablation.yaml:5:19 budget.tokens: must be at least half a step of every arm, which has 1024 tokens in "base", was 500.',
    ]);
  });
});

describe('a matrix too large to be meant', () => {
  const values = (count: number) => Array.from({ length: count }, (_, i) => i + 1).join();

  it('is refused with its count, without being expanded, conditions or not', async () => {
    const axes = `training.batch: [${values(100)}], training.accumulate: [${values(1000)}], seed: [${values(100)}]`;
    const started = process.cpuUsage();
    expect(await problemsOf(`axes: { ${axes} }`)).toEqual([
      'ablation.yaml:5:1 axes: the matrix has 10000000 cells; at most 10000 are run. Take values from an axis.',
    ]);
    expect(await problemsOf(`axes: { ${axes} }\nexclude: [{ training.batch: 1 }]`)).toEqual([
      expect.stringContaining('the matrix has 10000000 cells before `exclude`; at most 10000'),
    ]);
    const conditional = `training.steps: { values: [${values(10)}], when: { training.batch: 1 } }`;
    expect(await problemsOf(`axes: { ${axes}, ${conditional} }`)).toEqual([
      expect.stringContaining('the matrix has more than 10000 cells, up to 100000000; at most 10000'),
    ]);
    const long = `training.steps: { values: [${values(500)}], when: { training.batch: [${values(10)}] } }`;
    const wide = `training.batch: [${values(500)}], ${long}, training.accumulate: [${values(3000)}]`;
    expect(await problemsOf(`axes: { ${wide} }`)).toEqual([
      expect.stringContaining('more than 10000 cells, up to 750000000; at most 10000'),
    ]);
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1e6).toBeLessThan(5);
  });

  it('is not taken for one whose conditions leave few', async () => {
    const own = (key: string, batch: number) =>
      `${key}: { values: [${values(30)}], when: { training.batch: ${batch} } }`;
    const axes = ['training.accumulate', 'data.context', 'training.validationWindows'].map((key, i) => own(key, i + 1));
    expect(
      await namesOf(`axes: { model.head.horizon: [1], training.batch: [1, 2, 3], ${axes.join(', ')} }`),
    ).toHaveLength(90);
  });
});

describe('names', () => {
  it('may hold anything that shows on one line, and become no file names', async () => {
    const name = '../../etc <b onclick="x">&amp; 日本';
    const { arms, cells, directory } = await planOf(`arms: [{ name: ${JSON.stringify(name)} }]`);
    expect(arms).toEqual([name]);
    expect(cells[0].id).toMatch(/^[0-9a-f]{24}$/);
    expect(directory.endsWith('out')).toBe(true);
  });

  it.each(['a\nb', 'a\rb', 'a\u2028b', 'a\u202eb', 'a\u200bb', '\u001b[31m', '\u0085'])(
    'hold nothing that does not show or turns the text around: %j',
    async (name) => {
      const [problem, ...others] = await problemsOf(`arms: [{ name: ${JSON.stringify(name)} }]`);
      expect(others).toEqual([]);
      expect(problem).toMatch(/^ablation\.yaml:5:16 arms\.0\.name: must /);
      expect(problem).not.toMatch(/\p{C}/u);
    },
  );

  it('made of values show what would not', async () => {
    const { arms } = await planOf('axes: { data.dataset.root: ["a\\nb", "a\\u202eb", "a<b>"] }');
    expect(arms).toEqual(['root="a\\nb"', 'root="a\\u{202e}b"', 'root=a<b>']);
  });
});

describe('a path inside a decoder', () => {
  it('changes a decoder that every experiment has, and keeps the others', async () => {
    const { cells } = await planOf('axes: { decoders.speculative.policy.length: [1, 2] }');
    expect(cells.map(({ experiment }) => Object.keys(experiment.decoders))).toEqual([
      ['greedy', 'speculative'],
      ['greedy', 'speculative'],
    ]);
    expect(cells.map(({ experiment }) => experiment.decoders.speculative.policy)).toEqual([
      { name: 'fixed', length: 1 },
      { name: 'fixed', length: 2 },
    ]);
    expect(new Set(cells.map(({ trainingKey }) => trainingKey)).size).toBe(1);
  });
});

it('the schema of an ablation file is one: no run spends time on finding that out', () => {
  expect(() => compileSchema(ablationSchema)).not.toThrow();
});
