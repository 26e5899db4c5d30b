import { type Experiment, type Json, parseSource } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import type { AblationFile, ReadAblation } from './ablation-file.ts';
import { type ArmSettings, expandArms } from './expand-arms.ts';
import type { ArmInspector } from './inspect-arm.ts';

const read = (text: string): ReadAblation => {
  const source = parseSource(text, 'f.yaml');
  return { source, file: source.value as unknown as AblationFile };
};

/** Completes an arm without plugins: top-level values over a base of two. */
const inspect: ArmInspector = (settings) => {
  const set = Object.fromEntries(settings.map(({ path, value }): [string, Json] => [path, value]));
  return { experiment: { batch: 8, head: 'linear', ...set } as unknown as Experiment, problems: [] };
};

const never: ArmInspector = () => {
  throw new Error('no arm is completed');
};

const expand = (text: string) => expandArms(read(text), inspect);
const namesOf = (text: string) => {
  const { arms, problems } = expand(text);
  expect(problems).toEqual([]);
  return arms.map(({ name }) => name);
};
const problemsOf = (text: string) => expand(text).problems;
const setBy = ({ settings }: ArmSettings) => settings.map(({ path, value }) => `${path}=${value}`).join(' ');
const values = (count: number) => `[${Array.from({ length: count }, (_, i) => i + 1)}]`;
const named = (count: number) => `[${Array.from({ length: count }, (_, i) => `{ name: n${i}, set: { x: ${i} } }`)}]`;

describe('a matrix', () => {
  it('is the base alone, or its arms, the axes in their order and what is included', () => {
    expect(expand('name: t')).toEqual({
      arms: [{ name: 'base', labels: [], names: {}, settings: [] }],
      seeds: [],
      problems: [],
    });
    const { arms, seeds } = expand(`
match: none
arms: [{ name: one }, { name: two, set: { batch: 4 } }]
axes: { x: [1, 2], y: { patches: [{ name: p, set: { z: 5 } }, { name: q }] } }
include: [{ name: beside, set: { x: 9 } }]
seeds: [7, 3]`);
    expect(arms.map((arm) => [arm.name, setBy(arm)])).toEqual([
      ['one, x=1, y=p', 'model.match=none x=1 z=5'],
      ['one, x=1, y=q', 'model.match=none x=1'],
      ['one, x=2, y=p', 'model.match=none x=2 z=5'],
      ['one, x=2, y=q', 'model.match=none x=2'],
      ['two, x=1, y=p', 'model.match=none batch=4 x=1 z=5'],
      ['two, x=1, y=q', 'model.match=none batch=4 x=1'],
      ['two, x=2, y=p', 'model.match=none batch=4 x=2 z=5'],
      ['two, x=2, y=q', 'model.match=none batch=4 x=2'],
      ['beside', 'model.match=none x=9'],
    ]);
    expect(arms[0].settings[0]).toEqual({ path: 'model.match', value: 'none', at: ['match'], keyAt: ['match'] });
    expect(seeds.map(({ value }) => value)).toEqual([7, 3]);
  });

  it('is expanded without completing an arm where nothing is judged on one', () => {
    const text = 'arms: [{ name: a }, { name: b }]\naxes: { x: [1, 2] }\nbaseline: b, x=1';
    const { arms, problems } = expandArms(read(text), never);
    expect([arms.map(({ name }) => name), problems]).toEqual([['b, x=1', 'a, x=1', 'a, x=2', 'b, x=2'], []]);
    expect(() => expandArms(read(text.replace('b, x=1', '{ x: 1, arm: b }')), never)).toThrow('no arm is completed');
  });
});

describe('an axis with a condition', () => {
  it('applies to arms by their name, their patches, and values of the base and of axes above', () => {
    const axes = (when: string) =>
      `arms: [{ name: a }, { name: b, set: { batch: 2 } }]
axes: { head: [linear, wide], size: { patches: [{ name: s }] }, n: { values: [1, 2], when: ${when} } }`;
    const left = ['a, head=linear, size=s', 'a, head=wide, size=s', 'b, head=linear, size=s', 'b, head=wide, size=s'];
    const names = (...fitting: number[]) =>
      left.flatMap((name, i) => (fitting.includes(i) ? [`${name}, n=1`, `${name}, n=2`] : [name]));
    expect(namesOf(axes('{ arm: b }'))).toEqual(names(2, 3));
    expect(namesOf(axes('{ head: wide }'))).toEqual(names(1, 3));
    expect(namesOf(axes('{ batch: 8 }'))).toEqual(names(0, 1));
    expect(namesOf(axes('{ arm: b, size: s, head: wide }'))).toEqual(names(3));
    expect(namesOf(axes('{ size: s }'))).toEqual(names(0, 1, 2, 3));
  });

  it('that fits nothing is told with its place, every one of them, and nothing is expanded', () => {
    const text =
      'axes:\n  x: { values: [1], when: { head: wide } }\n  y: { values: [1], when: { batch: 9 } }\nseeds: [1]';
    const why = 'fits no arm of the base and the axes above it:';
    const useless = [
      `f.yaml:2:21 axes.x.when: ${why} head is never wide. It is linear.`,
      `f.yaml:3:21 axes.y.when: ${why} batch is never 9. It is 8.`,
    ];
    expect(expand(text)).toEqual({ arms: [], seeds: [], problems: useless });
    expect(problemsOf(`${text}\nbudget: {}`)).toEqual([
      'f.yaml:5:9 budget: must be one of steps, tokens and minutes, had none.',
      ...useless,
    ]);
  });
});

describe('a matrix of more than 10,000 cells', () => {
  const said = (count: string, place: string, more = '') => [
    `${place}: the matrix has ${count}${more}; at most 10000 are run. Take values from an axis.`,
  ];

  it('is refused by the number of its arms, seeds and what is included, and nothing is expanded', () => {
    expect(namesOf(`axes: { x: ${values(100)} }\nseeds: ${values(100)}`)).toHaveLength(100);
    expect(namesOf(`axes: { x: ${values(98)}, y: [1] }\nseeds: ${values(100)}\ninclude: ${named(2)}`)).toHaveLength(
      100,
    );
    const tooMany = expand(`axes: { x: ${values(101)} }\nseeds: ${values(100)}`);
    expect(tooMany).toEqual({ arms: [], seeds: [], problems: said('10100 cells', 'f.yaml:1:1 axes') });
    expect(problemsOf(`axes: { x: ${values(99)} }\nseeds: ${values(100)}\ninclude: ${named(2)}`)).toEqual(
      said('10100 cells', 'f.yaml:1:1 axes'),
    );
    expect(problemsOf(`axes: { x: ${values(101)}, y: ${values(100)} }`)).toEqual(
      said('10100 cells', 'f.yaml:1:1 axes'),
    );
  });

  it('is shown where its arms stand, and counted before what is excluded', () => {
    const seeds = `seeds: ${values(100)}\n`;
    expect(problemsOf(`${seeds}arms: ${named(101)}`)).toEqual(said('10100 cells', 'f.yaml:2:1 arms'));
    expect(problemsOf(`${seeds}include: ${named(100)}`)).toEqual(said('10100 cells', 'f.yaml:2:1 include'));
    expect(problemsOf(`${seeds}arms: ${named(101)}\nexclude: [{ x: 1 }]`)).toEqual(
      said('10100 cells', 'f.yaml:2:1 arms', ' before `exclude`'),
    );
  });

  it('is told by what its conditions leave', () => {
    const text = (count: number) =>
      `axes: { x: ${values(50)}, y: { values: ${values(count)}, when: { x: 1 } } }\nseeds: ${values(100)}`;
    // 50 arms, of which one has `count` in its place.
    expect(namesOf(text(51))).toHaveLength(100);
    expect(namesOf(`${text(50)}\ninclude: ${named(1).replace('x: 0', 'x: 51')}`)).toHaveLength(100);
    expect(problemsOf(text(52))).toEqual(said('more than 10000 cells, up to 260000', 'f.yaml:1:1 axes'));
    expect(problemsOf(`${text(51)}\ninclude: ${named(1)}`)).toEqual(
      said('more than 10000 cells, up to 255100', 'f.yaml:1:1 axes'),
    );
  });
});

describe('what is excluded', () => {
  const grid = 'axes: { x: [1, 2], y: [1, 2] }\n';

  it('fits any of the conditions', () => {
    expect(namesOf(`${grid}exclude: [{ x: 1, y: 2 }, { x: 2, y: 1 }]`)).toEqual(['x=1, y=1', 'x=2, y=2']);
  });

  it('is something, not everything, and the same for every seed', () => {
    const nothing = 'f.yaml:2:11 exclude.0: excludes nothing: x is never 3. It is 1, 2.';
    expect(problemsOf(`${grid}exclude: [{ x: 3 }]`)).toEqual([nothing]);
    expect(problemsOf(`${grid}exclude: [{ x: 3 }, { x: 1 }, { x: 2 }]`)).toEqual([nothing]);
    expect(expand(`${grid}exclude: [{ x: 2 }, { y: [1, 2] }]`)).toMatchObject({
      arms: [],
      problems: ['f.yaml:2:1 exclude: excludes all 4 combinations. Leave some of them in.'],
    });
    expect(problemsOf(`${grid}exclude: [{ x: 1, seed: 1 }]`)).toEqual([
      'f.yaml:2:19 exclude.0.seed: every arm runs with every seed; leave it out.',
    ]);
  });
});

describe('what is included', () => {
  const grid = 'axes: { x: [1, 2] }\n';

  it('may be what was excluded, and is an arm by its name', () => {
    const text = `${grid}exclude: [{ x: 2 }]\ninclude: [{ name: two, set: { x: 2 } }]\n`;
    expect(namesOf(text)).toEqual(['x=1', 'two']);
    expect(namesOf(`${text}baseline: { arm: two }`)).toEqual(['two', 'x=1']);
  });

  it('differs from every other arm', () => {
    const like = (i: number, column: number, twin: string) =>
      `f.yaml:2:${column} include.${i}: adds nothing: it is the same as the arm "${twin}". Give it values of its own.`;
    expect(problemsOf(`${grid}include: [{ name: a, set: { x: 2 } }, { name: b, set: { x: 3 } }]`)).toEqual([
      like(0, 11, 'x=2'),
    ]);
    expect(problemsOf(`${grid}include: [{ name: a, set: { x: 3 } }, { name: b, set: { x: 3 } }]`)).toEqual([
      like(1, 39, 'a'),
    ]);
  });
});

describe('names of arms', () => {
  it('are not given twice', () => {
    const twice = (key: string) =>
      `f.yaml:1:${key.length + 40} ${key}.1.name: "n" is already the name of the arm at f.yaml:1:${key.length + 12}. Give each arm its own.`;
    const two = '[{ name: n, set: { x: 1 } }, { name: n, set: { x: 2 } }]';
    expect(problemsOf(`arms: ${two}`)).toEqual([twice('arms')]);
    expect(problemsOf(`arms: ${two}\nbaseline: n`)).toEqual([twice('arms')]);
    expect(problemsOf(`include: ${two}`)[0]).toEqual(twice('include'));
  });

  it('tell them apart', () => {
    const alike = (place: string, name: string) =>
      `${place}: two arms would be named "${name}". Give them values that differ, or name them in "arms".`;
    const twice = 'head: [linear, { name: linear }]';
    expect(problemsOf(`axes: { ${twice} }`)).toEqual([alike('f.yaml:1:24 axes.head.1', 'head=linear')]);
    expect(problemsOf(`arms: [{ name: a }, { name: b }]\naxes: { x: [1], y: [1], ${twice} }`)).toEqual(
      ['a', 'b'].map((arm) => alike('f.yaml:2:40 axes.head.1', `${arm}, x=1, y=1, head=linear`)),
    );
    expect(problemsOf('include: [{ name: base }]')).toEqual([
      alike('f.yaml:1:1 arms', 'base'),
      'f.yaml:1:11 include.0: adds nothing: it is the same as the arm "base". Give it values of its own.',
    ]);
  });
});

describe('the baseline', () => {
  const grid = 'axes: { x: [1, 2], y: [1, 2] }\n';

  it('comes first, by its name or by what it alone has', () => {
    const first = ['x=2, y=1', 'x=1, y=1', 'x=1, y=2', 'x=2, y=2'];
    expect(namesOf(`${grid}baseline: "x=2, y=1"`)).toEqual(first);
    expect(namesOf(`${grid}baseline: { x: 2, y: 1 }`)).toEqual(first);
  });

  it('is one arm of the matrix', () => {
    const all = '"x=1, y=1", "x=1, y=2", "x=2, y=1", "x=2, y=2"';
    expect(expand(`${grid}baseline: "x=1, y=3"`)).toMatchObject({
      arms: ['x=1, y=1', 'x=1, y=2', 'x=2, y=1', 'x=2, y=2'].map((name) => ({ name })),
      problems: [`f.yaml:2:11 baseline: no arm "x=1, y=3". Did you mean "x=1, y=1"? Arms: ${all}.`],
    });
    expect(problemsOf(`${grid}baseline: { x: 3 }`)).toEqual([
      'f.yaml:2:11 baseline: is no arm of the matrix: x is never 3. It is 1, 2.',
    ]);
    expect(problemsOf(`${grid}baseline: { x: 2 }`)).toEqual([
      'f.yaml:2:11 baseline: must be one arm, was 2: "x=2, y=1", "x=2, y=2". Name more of its values.',
    ]);
  });
});

describe('what is wrong', () => {
  it('with the form of an axis is told beside what else is, and nothing is expanded', () => {
    expect(expand('axes: { x: {}, seed: [-1] }\nbudget: {}\nseeds: [1]')).toEqual({
      arms: [],
      seeds: [],
      problems: [
        'f.yaml:1:9 axes.x: must have one of values, zip and patches, had none of them.',
        'f.yaml:1:16 axes.seed: seed gets a value at f.yaml:3:1 too. A path takes its value from one place: remove one of them.',
        'f.yaml:2:9 budget: must be one of steps, tokens and minutes, had none.',
      ],
    });
  });

  it('with settings is told wherever they stand, once for all arms that have them', () => {
    const shared = (place: string) => `${place}: may not differ between arms: arms are named by \`arms\` and \`axes\`.`;
    expect(problemsOf('axes: { name: [a] }\ninclude: [{ name: b, set: { name: c } }]')).toEqual([
      shared('f.yaml:1:9 axes.name'),
      shared('f.yaml:2:29 include.0.set.name'),
    ]);
    const twice = (path: string, first: string, place = `f.yaml:2:9 axes.${path}`) =>
      `${place}: ${path} gets a value at ${first} too. A path takes its value from one place: remove one of them.`;
    expect(problemsOf('arms: [{ name: a, set: { x: 1 } }]\naxes: { x: [2, 3], y: [1, 2] }')).toEqual([
      twice('x', 'f.yaml:1:26'),
    ]);
    expect(problemsOf('budget: { steps: 1 }\naxes: { training.steps: [2, 3] }')).toEqual([
      twice('training.steps', 'f.yaml:1:11'),
    ]);
    expect(problemsOf('match: none\ninclude: [{ name: a, set: { model.match: tokens } }]')).toEqual([
      twice('model.match', 'f.yaml:1:1', 'f.yaml:2:29 include.0.set.model.match'),
    ]);
  });
});
