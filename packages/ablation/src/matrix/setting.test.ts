import { type Json, type Path, parseSource } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import type { AblationFile } from './ablation-file.ts';
import type { Point } from './axes.ts';
import { seedsOf } from './seeds.ts';
import { byDepth, gives, repeatedPaths, type Setting } from './setting.ts';
import { sharedPaths } from './shared-paths.ts';

const setting = (path: string, value: Json = 1, keyAt: Path = ['axes', path]): Setting => ({
  path,
  value,
  at: keyAt,
  keyAt,
});

describe('settings', () => {
  it('are put over the base from the shallowest path on, and in their order among equally deep ones', () => {
    const paths = ['a.b.c', 'x.y', 'a', 'b.c', 'b'];
    const settings = paths.map((path) => setting(path));
    expect(byDepth(settings).map(({ path }) => path)).toEqual(['a', 'b', 'x.y', 'b.c', 'a.b.c']);
    expect(settings.map(({ path }) => path)).toEqual(paths);
  });

  it.each<[string, Json, string, boolean]>([
    ['a.b', 1, 'a.b', true],
    ['a', { b: 1 }, 'a.b', true],
    ['a', { b: { c: 1 } }, 'a.b.c', true],
    ['a', { b: 1 }, 'a.c', false],
    ['a', { b: 1 }, 'a.b.c', false],
    ['a', 1, 'a.b', false],
    ['a.b', { c: 1 }, 'a.d', false],
    ['a.b', { c: 1 }, 'a', false],
    ['a', { bc: 1, c: 1 }, 'ab.c', false],
    ['a', { b: null }, 'a.b', true],
    ['a', { c: 1 }, 'b.c', false],
  ])('%s: %j says what stands at %s: %j', (path, value, asked, isSaid) => {
    expect(gives(setting(path, value), asked)).toBe(isSaid);
  });

  it('that give one path a value are told where the first stands', () => {
    const source = parseSource('axes:\n  a: 1\n  a.b: 2\n  c: 3\n', 'f.yaml');
    const problem = 'gets a value at f.yaml:2:3 too. A path takes its value from one place: remove one of them.';
    const [a, ab, c] = [setting('a', { b: 1 }), setting('a.b'), setting('c')];
    expect(repeatedPaths(source, [a, ab, c])).toEqual([`f.yaml:3:3 axes.a.b: a.b ${problem}`]);
    // What is deeper and comes first is overruled, not said twice.
    expect(repeatedPaths(source, [ab, a, c])).toEqual([]);
    expect(repeatedPaths(source, [c, a, { ...a }])).toEqual([`f.yaml:2:3 axes.a: a ${problem}`]);
  });
});

describe('what all arms share', () => {
  const source = parseSource(
    'axes:\n  name: 1\n  seed: 1\n  plugins: 1\n  model.maxOffset: 1\n  formatVersion: 1\n  a: 1\n',
    'f.yaml',
  );
  const point = (...paths: string[]): Point => ({ label: '', settings: paths.map((path) => setting(path)) });

  it('is refused as a setting, once, with the place that it has', () => {
    const said = (path: string) => sharedPaths(source, [point('a', path), point(path)]);
    expect(said('a')).toEqual([]);
    expect(sharedPaths(source, [point('seed', 'name')])).toEqual([...said('seed'), ...said('name')]);
    expect(said('toString')).toEqual([]);
    expect(said('name')).toEqual([
      'f.yaml:2:3 axes.name: may not differ between arms: arms are named by `arms` and `axes`.',
    ]);
    expect(said('seed')).toEqual(['f.yaml:3:3 axes.seed: may not differ between arms: seeds are given by `seeds`.']);
    expect(said('plugins')).toEqual([
      'f.yaml:4:3 axes.plugins: may not differ between arms: packages are loaded once, for all arms; list them in the base.',
    ]);
    expect(said('model.maxOffset')).toEqual([
      'f.yaml:5:3 axes.model.maxOffset: may not differ between arms: every arm scores the same positions; set it in the base.',
    ]);
    expect(said('formatVersion')).toEqual([
      'f.yaml:6:3 axes.formatVersion: may not differ between arms: it belongs to the file.',
    ]);
  });
});

describe('seeds', () => {
  const of = (text: string) => {
    const source = parseSource(text, 'f.yaml');
    return seedsOf({ source, file: source.value as unknown as AblationFile });
  };
  const settings = (values: number[], at: Path, keyAt: Path) =>
    values.map((value, i) => ({ path: 'seed', value, at: [...at, i], keyAt }));

  it('are those of `seeds`, or of the axis in either form, or none', () => {
    expect(of('seeds: [3, 0]')).toEqual({ seeds: settings([3, 0], ['seeds'], ['seeds']), problems: [] });
    const key = ['axes', 'seed'];
    expect(of('axes: { seed: [3, 0] }')).toEqual({ seeds: settings([3, 0], key, key), problems: [] });
    expect(of('axes: { seed: { values: [7] } }')).toEqual({
      seeds: settings([7], [...key, 'values'], key),
      problems: [],
    });
    for (const text of ['name: a', 'axes: { training.batch: [1] }'])
      expect(of(text)).toEqual({ seeds: [], problems: [] });
  });

  it('stand in one place', () => {
    expect(of('axes: { seed: [1] }\nseeds: [2]')).toEqual({
      seeds: settings([2], ['seeds'], ['seeds']),
      problems: [
        'f.yaml:1:9 axes.seed: seed gets a value at f.yaml:2:1 too. A path takes its value from one place: remove one of them.',
      ],
    });
  });

  it.each(['{ zip: { seed: [1] } }', '{ values: [1], when: { a: 1 } }', '{ patches: [{ name: a }] }'])(
    'are a list for every arm, not %s',
    (axis) => {
      const { seeds, problems } = of(`axes: { seed: ${axis} }`);
      expect(seeds.map(({ value }) => value)).toEqual(axis.includes('values') ? [1] : []);
      expect(problems).toEqual([
        'f.yaml:1:9 axes.seed: must be a list: every arm runs with every seed, so that arms are compared in pairs.',
      ]);
    },
  );

  it('are integers >= 0, each told by its place', () => {
    expect(of('axes: { seed: [0, -1, 1.5, "2", 9007199254740992] }').problems).toEqual([
      'f.yaml:1:19 axes.seed.1: must be an integer >= 0, was -1.',
      'f.yaml:1:23 axes.seed.2: must be an integer >= 0, was 1.5.',
      'f.yaml:1:28 axes.seed.3: must be an integer >= 0, was "2".',
      'f.yaml:1:33 axes.seed.4: must be an integer >= 0, was 9007199254740992.',
    ]);
    expect(of('axes: { seed: { values: [-1] } }').problems).toEqual([
      'f.yaml:1:26 axes.seed.values.0: must be an integer >= 0, was -1.',
    ]);
  });
});
