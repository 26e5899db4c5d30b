import { type Json, parseSource, type Source } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import { createArmInspector } from './inspect-arm.ts';
import { fixtureRegistry } from './registry.fixture.ts';
import type { Setting } from './setting.ts';

const registry = fixtureRegistry();
const DATA = 'data: { dataset: { name: text-files, root: . } }';

/** Settings of one arm, where `arms: [{ set: ... }]` has them. */
const setBy = (ablation: Source): Setting[] => {
  const [{ set }] = (ablation.value as unknown as { arms: { set: { [path: string]: Json } }[] }).arms;
  return Object.entries(set).map(([path, value]) => {
    const at = ['arms', 0, 'set', path];
    return { path, value, at, keyAt: at };
  });
};

function inspect(set: string, base = DATA) {
  const ablation = parseSource(`arms:\n- set:\n    ${set.replaceAll('\n', '\n    ')}`, 'f.yaml');
  const context = { ablation, base: parseSource(base, 'b.yaml'), registry, baseDirectory: '.' };
  return createArmInspector(context)(setBy(ablation));
}
const problemsOf = (set: string, base?: string) => inspect(set, base).problems;
const decodersOf = (set: string, base?: string) => {
  const { experiment, problems } = inspect(set, base);
  expect(problems).toEqual([]);
  return experiment?.decoders;
};

describe('an arm', () => {
  it('is the base, complete, with its settings over it, a plugin before its options', () => {
    const { experiment, problems } = inspect(
      'model.head.rank: 3\nmodel.head: low-rank',
      `${DATA}\ntraining: { batch: 5 }`,
    );
    expect(problems).toEqual([]);
    expect(experiment).toMatchObject({
      name: 'b',
      model: { head: { name: 'low-rank', rank: 3, horizon: 4 }, trunk: { name: 'transformer', layers: 6 } },
      training: { batch: 5 },
    });
  });

  it('is completed once for one list of settings', () => {
    const ablation = parseSource('arms:\n- set: { training.batch: 3 }', 'f.yaml');
    const inspector = createArmInspector({ ablation, base: parseSource(DATA, 'b.yaml'), registry, baseDirectory: '.' });
    const settings = setBy(ablation);
    const inspected = inspector(settings);
    expect(inspector(settings)).toBe(inspected);
    expect(inspector([])).not.toBe(inspected);
    expect(inspector([]).experiment?.training.batch).toBe(8);
  });
});

describe('a setting inside a decoder', () => {
  it('keeps those that the base has by default', () => {
    expect(Object.keys(decodersOf('decoders.more: greedy') ?? {})).toEqual(['greedy', 'speculative', 'more']);
    const ofOne = `${DATA}\nmodel: { head: { horizon: 1 } }`;
    expect(Object.keys(decodersOf('decoders.more: greedy', ofOne) ?? {})).toEqual(['greedy', 'more']);
    expect(decodersOf('decoders.speculative.policy.length: 2')).toMatchObject({
      greedy: { name: 'greedy' },
      speculative: { name: 'speculative', policy: { name: 'fixed', length: 2 } },
    });
  });

  it('adds to those that the base writes, and to no others', () => {
    const own = `${DATA}\ndecoders: { mine: speculative }`;
    expect(Object.keys(decodersOf('decoders.more: greedy', own) ?? {})).toEqual(['mine', 'more']);
    expect(Object.keys(decodersOf('decoders: { mine: greedy }') ?? {})).toEqual(['mine']);
    // One offset has nothing to speculate with.
    expect(Object.keys(decodersOf('model.head.horizon: 1') ?? {})).toEqual(['greedy']);
  });
});

describe('what is wrong with an arm', () => {
  it.each([
    ['a setting’s value', 'training.batch: 0', '3:21 training.batch: must be >= 1, was 0.'],
    ['a setting’s key', 'training.bacth: 1', '3:5 training.bacth: is not a known key. Did you mean "batch"?'],
    ['inside the value', 'training: { batch: 0 }', '3:24 training.batch: must be >= 1, was 0.'],
    [
      'a key inside the value',
      'training: { bacth: 1 }',
      '3:17 training.bacth: is not a known key. Did you mean "batch"?',
    ],
    [
      'an entry of a list',
      'evals: [throughput, { name: acceptance, prompts: 0 }]',
      '3:54 evals.1.prompts: must be >= 1',
    ],
    [
      'a place that only the setting leads to',
      'modle.head: linear',
      '3:5 modle: is not a known key. Did you mean "model"?',
    ],
  ])('is told at its place in the ablation: %s', (_, set, problem) => {
    expect(problemsOf(set)).toEqual([expect.stringContaining(`f.yaml:${problem}`)]);
  });

  it('is told of an axis at the value that is wrong, or at the path that all its values share', () => {
    const ofAxis = (path: string) => {
      const ablation = parseSource(`axes: { ${path}: [1, 0] }`, 'f.yaml');
      const keyAt = ['axes', path];
      const context = { ablation, base: parseSource(DATA, 'b.yaml'), registry, baseDirectory: '.' };
      return createArmInspector(context)([{ path, value: 0, at: [...keyAt, 1], keyAt }]).problems;
    };
    expect(ofAxis('training.batch')).toEqual(['f.yaml:1:29 training.batch: must be >= 1, was 0.']);
    expect(ofAxis('training.bacth')).toEqual([
      expect.stringContaining('f.yaml:1:9 training.bacth: is not a known key. Did you mean "batch"?'),
    ]);
  });

  it('is told at the deepest setting that has it, and in a list by its index', () => {
    expect(problemsOf('training: { batch: 1 }\ntraining.batch: 0')).toEqual([
      'f.yaml:4:21 training.batch: must be >= 1, was 0.',
    ]);
    expect(problemsOf('evals.0.prompts: 0', `${DATA}\nevals: [acceptance]`)).toEqual([
      expect.stringContaining('f.yaml:3:22 evals.0.prompts: must be >= 1'),
    ]);
  });

  it('is told at its place in the base where that has it', () => {
    expect(problemsOf('training.batch: 2', `${DATA}\ntraining: { steps: 0 }`)).toEqual([
      'b.yaml:2:20 training.steps: must be >= 1, was 0.',
    ]);
    const unknown = 'modle: is not a known key. Did you mean "model"?';
    for (const set of ['modle.a: 2', 'training.batch: 2']) {
      expect(problemsOf(set, `${DATA}\nmodle: { b: 1 }`)).toEqual([expect.stringContaining(`b.yaml:2:1 ${unknown}`)]);
    }
  });

  it('is that settings lead nowhere: each at its key, and nothing else of the arm', () => {
    const cannot = 'cannot go further; 4 stands there. Set that place, or name another.';
    expect(
      inspect('training.steps.a: 1\ntraining.steps.b: 1\ntraining.batch: 0', `${DATA}\ntraining: { steps: 4 }`),
    ).toEqual({
      problems: [`f.yaml:3:5 training.steps: ${cannot}`, `f.yaml:4:5 training.steps: ${cannot}`],
    });
    expect(problemsOf('model..a: 1')).toEqual([
      'f.yaml:3:5 an override must be keys joined by dots, such as "model.head.horizon", was "model..a".',
    ]);
  });

  it('is no fault of another kind, which is passed on', () => {
    const ablation = parseSource('arms:\n- set: { training.batch: 3 }', 'f.yaml');
    const base: Source = {
      ...parseSource(DATA, 'b.yaml'),
      get value(): Json {
        throw new Error('gone');
      },
    };
    const inspector = createArmInspector({ ablation, base, registry, baseDirectory: '.' });
    expect(() => inspector(setBy(ablation))).toThrow(/^gone$/);
  });
});
