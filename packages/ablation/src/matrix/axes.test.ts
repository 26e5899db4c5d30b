import { parseSource } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import type { AblationFile } from './ablation-file.ts';
import { axesOf } from './axes.ts';
import { evalsAlone } from './evals-alone.ts';
import { fixtureRegistry } from './registry.fixture.ts';

const of = (text: string) => {
  const source = parseSource(text, 'f.yaml');
  return axesOf({ source, file: source.value as unknown as AblationFile });
};
const axis = (text: string) => of(`axes: { ${text} }`).axes[0];
const problems = (text: string) => of(`axes: { ${text} }`).problems;

describe('an axis', () => {
  it('of values has a point for each, named by the path', () => {
    const points = (at: (string | number)[]) =>
      [2, 4].map((value, i) => ({
        label: `batch=${value}`,
        settings: [{ path: 'training.batch', value, at: [...at, i], keyAt: ['axes', 'training.batch'] }],
      }));
    const at = ['axes', 'training.batch'];
    expect(axis('training.batch: [2, 4]')).toEqual({ key: 'training.batch', at, points: points(at) });
    const when = { 'model.head': 'linear' };
    expect(axis('training.batch: { values: [2, 4], when: { model.head: linear } }')).toEqual({
      ...{ key: 'training.batch', at, when },
      points: points([...at, 'values']),
    });
    expect(axis('training.batch: { values: [2] }')).not.toHaveProperty('when');
  });

  it('of zip sets what goes together', () => {
    const at = ['axes', 'size', 'zip'];
    const set = (path: string, value: number, i: number) => ({
      path,
      value,
      at: [...at, path, i],
      keyAt: [...at, path],
    });
    expect(axis('size: { zip: { a.batch: [2, 4], b.depth: [1, 3] }, when: { x: 1 } }')).toEqual({
      ...{ key: 'size', at: ['axes', 'size'], when: { x: 1 } },
      points: [
        { label: 'batch=2 depth=1', settings: [set('a.batch', 2, 0), set('b.depth', 1, 0)] },
        { label: 'batch=4 depth=3', settings: [set('a.batch', 4, 1), set('b.depth', 3, 1)] },
      ],
    });
  });

  it('of patches sets what each says, and is known by their names', () => {
    const where = ['axes', 'size', 'patches', 1, 'set', 'a.b'];
    expect(axis('size: { patches: [{ name: s }, { name: two words, set: { a.b: 1 } }], when: { x: 1 } }')).toEqual({
      ...{ key: 'size', at: ['axes', 'size'], when: { x: 1 } },
      points: [
        { label: 'size=s', patch: 's', settings: [] },
        {
          label: 'size="two words"',
          patch: 'two words',
          settings: [{ path: 'a.b', value: 1, at: where, keyAt: where }],
        },
      ],
    });
  });

  it('is labelled by as much of its path as tells it from all others, those of zip included', () => {
    const labels = of(
      'axes: { a.b.size: [1], c.size: [1], s: { zip: { b.x: [1] } }, d.x: { values: [1] }, p: { patches: [{ name: q }] } }',
    );
    expect(labels.axes.map(({ points }) => points[0].label)).toEqual(['b.size=1', 'c.size=1', 'b.x=1', 'd.x=1', 'p=q']);
  });
});

describe('the axes of a file', () => {
  it('are its arms, then the others in their order, without seeds', () => {
    const { axes, problems: none } = of(
      'arms: [{ name: two words, set: { x.y: 1 } }]\naxes: { b: [1], seed: [1, 2], a: [1] }',
    );
    expect([axes.map(({ key }) => key), none]).toEqual([['arm', 'b', 'a'], []]);
    const where = ['arms', 0, 'set', 'x.y'];
    expect(axes[0]).toEqual({
      ...{ key: 'arm', at: ['arms'] },
      points: [
        { label: 'two words', patch: 'two words', settings: [{ path: 'x.y', value: 1, at: where, keyAt: where }] },
      ],
    });
    expect(of('name: a')).toEqual({ axes: [], problems: [] });
  });

  it('are none where the form of one is wrong', () => {
    expect(of('axes: { a: [1], b: {} }')).toEqual({
      axes: [],
      problems: ['f.yaml:1:17 axes.b: must have one of values, zip and patches, had none of them.'],
    });
  });
});

describe('the form of an axis', () => {
  it('is one of three', () => {
    expect(problems('s: { patches: [{ name: a }], zip: { a: [1] }, values: [1] }')).toEqual([
      'f.yaml:1:9 axes.s: must have one of values, zip and patches, had values and zip and patches.',
    ]);
  });

  it('of zip and patches has a name of its own, and of values a path', () => {
    const wrong = (name: string) =>
      `f.yaml:1:9 axes.${name}: an axis of zip or patches has a name of its own, without dots, such as "size"; was "${name}".`;
    const keys = 'formatVersion name engine plugins data model training decoders evals arm a.b'.split(' ');
    for (const name of keys) {
      expect(problems(`${name}: { zip: { x: [1] } }`)).toEqual([wrong(name)]);
      expect(problems(`${name}: { patches: [{ name: x }] }`)).toEqual([wrong(name)]);
      expect(problems(`${name}: { values: [1] }`)).toEqual([]);
    }
    expect(problems('size: { zip: { x: [1] } }')).toEqual([]);
  });

  it('of zip has as many values for every path', () => {
    expect(problems('s: { zip: { a: [1, 2], b: [1, 2], c: [1], d: [1, 2, 3] } }')).toEqual([
      'f.yaml:1:43 axes.s.zip.c: must have as many values as a (2), which they go together with, had 1.',
      'f.yaml:1:51 axes.s.zip.d: must have as many values as a (2), which they go together with, had 3.',
    ]);
  });

  it('of patches gives each its own name', () => {
    expect(problems('s: { patches: [{ name: a }, { name: b }, { name: a }] }')).toEqual([
      'f.yaml:1:58 axes.s.patches.2.name: "a" is already the name of the patch at f.yaml:1:32. Give each patch its own.',
    ]);
  });
});

describe('evals that are run alone', () => {
  const registry = fixtureRegistry();
  const alone = (evals: string[], ...policies: string[]) =>
    evalsAlone(
      {
        evals: evals.map((name) => ({ name })),
        decoders: Object.fromEntries(policies.map((name, i) => [i, { policy: { name } }])),
      } as never,
      registry,
    );

  it('are those that say so, and where drafts are timed those that mind', () => {
    const evals = ['bits-per-byte', 'acceptance', 'throughput'];
    expect(alone(evals, 'fixed')).toEqual(['throughput']);
    expect(alone(evals)).toEqual(['throughput']);
    expect(alone(evals, 'fixed', 'cost-model')).toEqual(['acceptance', 'throughput']);
  });
});
