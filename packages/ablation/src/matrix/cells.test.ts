import { createHash } from 'node:crypto';
import { canonicalJson, type Experiment, parseSource, resolveExperiment } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import { type CellContext, freezeCells } from './cells.ts';
import { fixtureRegistry } from './registry.fixture.ts';
import type { ResolvedCell } from './resolve-arms.ts';

const registry = fixtureRegistry();
const PACKAGES = ['core', 'decoders', 'evals', 'heads', 'trunks'].map((name) => `@foretoken/${name}`);

const context = (more: Partial<CellContext> = {}): CellContext => ({
  registry,
  packages: [{ package: 'always', version: '3.0.0', directory: 'of-always' }],
  hashPackage: (directory) => `hash ${directory}`,
  fingerprint: ({ name, precision }) => `${name === 'auto' ? 'wasm' : name} in ${precision}`,
  ...more,
});

const EVALS = 'evals: [throughput, bits-per-byte]';
const experimentOf = (text: string = EVALS): Experiment =>
  resolveExperiment(parseSource(`data: { dataset: { name: text-files, root: . } }\n${text}`, 'b.yaml'), registry);

const withSeed = (arm: string, seed: number, experiment = experimentOf()): ResolvedCell => ({
  arm,
  experiment: { ...experiment, seed },
});
const cellOf = (experiment = experimentOf(), more: Partial<CellContext> = {}) =>
  freezeCells([{ arm: 'a', experiment }], context(more)).cells[0];

/** Whether two cells share their id, and whether they share their training. */
const shared = (one: ReturnType<typeof cellOf>, other: ReturnType<typeof cellOf>) => [
  one.id === other.id,
  one.trainingKey === other.trainingKey,
];

describe('a cell', () => {
  it('is an arm with its seed, what its results go through, and what is measured alone', () => {
    const experiment = experimentOf(`seed: 5\n${EVALS}`);
    expect(cellOf(experiment)).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      trainingKey: expect.stringMatching(/^[0-9a-f]{24}$/),
      ...{ arm: 'a', seed: 5, experiment, engine: 'wasm in float32', alone: ['throughput'] },
      packages: { ...Object.fromEntries(PACKAGES.map((name) => [name, '1.0.0'])), always: '3.0.0' },
      code: { always: 'hash of-always' },
    });
  });

  it('is frozen through and through, with its training', () => {
    const { cells, trainings } = freezeCells([withSeed('a', 1)], context());
    expect(Object.isFrozen(cells[0])).toBe(true);
    for (const frozen of [cells[0].experiment, cells[0].packages, cells[0].alone, trainings[0].experiment]) {
      expect(Object.isFrozen(frozen)).toBe(true);
    }
    expect(Object.isFrozen(cells[0].experiment.model.head)).toBe(true);
  });

  it('has the id of its contents, whatever it, its experiment and its engine are called', () => {
    const cell = cellOf();
    expect(shared(cellOf(), cell)).toEqual([true, true]);
    expect(shared(cellOf(experimentOf(`name: other\n${EVALS}`)), cell)).toEqual([true, true]);
    expect(shared(cellOf(experimentOf(`engine: wasm\n${EVALS}`)), cell)).toEqual([true, true]);
    expect(shared(freezeCells([withSeed('b', 0)], context()).cells[0], cell)).toEqual([true, true]);
  });

  it('keeps the id that its results were stored under: the start of a SHA-256 over what can change them', () => {
    const experiment = experimentOf();
    const { id, packages, code } = cellOf(experiment);
    const engine = { ...experiment.engine, name: 'wasm in float32' };
    const known = canonicalJson({ experiment: { ...experiment, name: '', engine }, packages, code });
    expect(createHash('sha256').update(known).digest('hex').startsWith(id)).toBe(true);
  });

  it.each([
    ['its seed', () => cellOf(experimentOf(`seed: 1\n${EVALS}`))],
    ['its engine', () => cellOf(experimentOf(), { fingerprint: () => 'another' })],
    ['the precision of its engine', () => cellOf(experimentOf(`engine: { precision: bfloat16 }\n${EVALS}`))],
    ['what it trains', () => cellOf(experimentOf(`model: { head: linear }\n${EVALS}`))],
    [
      'the version of a head',
      () => cellOf(experimentOf(), { registry: fixtureRegistry({ '@foretoken/heads': '2.0.0' }) }),
    ],
    ['contents of a package', () => cellOf(experimentOf(), { hashPackage: () => 'other' })],
  ])('has another id and another training with %s', (_, other) => {
    expect(shared(other(), cellOf())).toEqual([false, false]);
  });

  it.each([
    ['its evals', () => cellOf(experimentOf('evals: [bits-per-byte]'))],
    ['its decoders', () => cellOf(experimentOf(`decoders: { greedy: greedy }\n${EVALS}`))],
    [
      'the version of decoders',
      () => cellOf(experimentOf(), { registry: fixtureRegistry({ '@foretoken/decoders': '2.0.0' }) }),
    ],
    [
      'the version of evals',
      () => cellOf(experimentOf(), { registry: fixtureRegistry({ '@foretoken/evals': '2.0.0' }) }),
    ],
    ['contents of evals', () => cellOf(experimentOf(), { registry: fixtureRegistry({}, { '@foretoken/evals': 'x' }) })],
  ])('has another id and the same training with other %s', (_, other) => {
    expect(shared(other(), cellOf())).toEqual([false, true]);
  });
});

describe('trainings', () => {
  it('are those of cells in their order, each with the cells that measure it, once', () => {
    const fewer = experimentOf('evals: [bits-per-byte]');
    const { cells, trainings } = freezeCells(
      [withSeed('a', 7), withSeed('a', 9), withSeed('b', 7, fewer), withSeed('b', 9, fewer), withSeed('same', 7)],
      context(),
    );
    expect(cells.map(({ arm, seed }) => [arm, seed])).toEqual([
      ['a', 7],
      ['a', 9],
      ['b', 7],
      ['b', 9],
      ['same', 7],
    ]);
    expect(cells[4].id).toBe(cells[0].id);
    const [of7, of9, b7, b9] = cells.map(({ id }) => id);
    expect(new Set([of7, of9, b7, b9]).size).toBe(4);
    expect(trainings.map(({ key, cells: measuring, experiment }) => [key, measuring, experiment.seed])).toEqual([
      [cells[0].trainingKey, [of7, b7], 7],
      [cells[1].trainingKey, [of9, b9], 9],
    ]);
  });

  it('are of the experiment with the default decoders and without evals', () => {
    const text = 'decoders: { mine: greedy }\nmodel: { trunk: { layers: 5 } }';
    const { trainings } = freezeCells([{ arm: 'a', experiment: experimentOf(`${text}\n${EVALS}`) }], context());
    expect(trainings[0].experiment).toEqual({
      ...experimentOf('model: { trunk: { layers: 5 } }'),
      ...{ name: 'training', evals: [] },
    });
  });
});
