import { describe, expect, test } from 'vitest';
import { fakePlugin, fakeSource } from '../plugins/plugin.fixture.ts';
import { createRegistry } from '../plugins/registry.ts';
import { fakeBuiltIns, refused } from './built-ins.fixture.ts';
import { resolveExperiment } from './resolve.ts';
import { parseSource } from './source-map.ts';

const registry = fakeBuiltIns();
const resolve = (text: string) => resolveExperiment(parseSource(text, 'x.yaml'), registry);
const MINIMAL = 'data: { dataset: none }\n';

describe('settings that are each fine and contradict one another', () => {
  test.each<[string, string, string, string[]]>([
    [
      'offsets beyond the largest',
      `${MINIMAL}model: { maxOffset: 2 }`,
      'CONFIG_CONFLICT',
      ['x.yaml:2:21 model.maxOffset: must be >= model.head.horizon (4), was 2.'],
    ],
    [
      'offsets beyond the context',
      'data: { dataset: none, context: 4 }\nmodel: { head: { name: parallel, horizon: 5 } }',
      'CONFIG_CONFLICT',
      ['x.yaml:2:43 model.head.horizon: must be <= data.context (4), the tokens that a draft has to fit in, was 5.'],
    ],
    [
      'a warm-up beyond the end',
      `${MINIMAL}training: { steps: 3, warmupSteps: 4 }`,
      'CONFIG_CONFLICT',
      ['x.yaml:2:36 training.warmupSteps: must be <= training.steps (3), was 4.'],
    ],
    [
      'an eval twice',
      `${MINIMAL}evals: [acceptance, throughput, acceptance]`,
      'CONFIG_CONFLICT',
      ['x.yaml:2:33 evals.2: eval "acceptance" is listed already, at evals.0; results are kept by name. Remove one.'],
    ],
  ])('%s', (_, text, code, problems) => {
    const error = refused(() => resolve(text));
    expect(error.problems).toEqual(problems);
    expect(error.code).toBe(code);
  });

  test('all of them at once', () => {
    const text = `${MINIMAL}model: { maxOffset: 2 }\ntraining: { steps: 3, warmupSteps: 4 }`;
    expect(refused(() => resolve(text)).problems).toHaveLength(2);
  });

  test('as large as allowed is allowed', () => {
    expect(resolve(`${MINIMAL}model: { maxOffset: 4 }\ntraining: { steps: 3, warmupSteps: 3 }`).model.maxOffset).toBe(
      4,
    );
    expect(resolve(`${MINIMAL}model: { maxOffset: 9 }`).model.maxOffset).toBe(9);
  });
});

describe('replicated readouts of a head that brings its own', () => {
  const text = `${MINIMAL}model: { readout: replicated }`;
  const resolved = (ownReadout: unknown, file: string) => {
    const own = createRegistry();
    for (const { kind, name } of registry.list()) {
      own.register(fakePlugin(kind, name, kind === 'head' ? { ownReadout } : {}), fakeSource);
    }
    return refused(() => resolveExperiment(parseSource(file, 'x.yaml'), own));
  };

  test.each([[true], [() => true]])('are refused before anything is made: %s', (ownReadout) => {
    const error = resolved(ownReadout, text);
    expect(error.code).toBe('CONFIG_CONFLICT');
    expect(error.problems).toEqual([
      'x.yaml:2:19 model.readout: must be shared: head "parallel" brings the readouts of its further offsets itself, was replicated.',
    ]);
    expect(resolved(ownReadout, MINIMAL).code).toBe('none');
  });

  test.each([[false], [() => false], [undefined]])('are taken where it brings none: %s', (ownReadout) => {
    expect(resolved(ownReadout, text).code).toBe('none');
  });
});

describe('sizes that do not go together', () => {
  test('heads that would take every block of the trunk are refused before anything is made', () => {
    const own = createRegistry();
    for (const { kind, name } of registry.list()) {
      own.register(fakePlugin(kind, name, kind === 'head' ? { blocksPerOffset: 2 } : {}), fakeSource);
    }
    const text = `${MINIMAL}model: { head: { horizon: 4 } }`;
    const error = refused(() => resolveExperiment(parseSource(text, 'x.yaml'), own));
    expect(error.code).toBe('LAYERS_TOO_FEW');
    expect(error.problems).toEqual([
      'x.yaml:2:16 model.head: head "parallel" with horizon 4 takes 8 of 8 layers under match: parameters; ' +
        'the trunk needs at least 1. Use more layers, a smaller horizon, or match: none.',
    ]);
    expect(refused(() => resolveExperiment(parseSource(text.replace('4', '3'), 'x.yaml'), own)).code).toBe('none');
    expect(
      refused(() => resolveExperiment(parseSource(`${text.slice(0, -1)}, match: none }`, 'x.yaml'), own)).code,
    ).toBe('none');
  });

  test('a head whose offsets differ says so offset by offset', () => {
    const own = createRegistry();
    const blocksPerOffset = (_: unknown, offset: number) => (offset === 2 ? 8 : 0);
    for (const { kind, name } of registry.list()) {
      own.register(fakePlugin(kind, name, kind === 'head' ? { blocksPerOffset } : {}), fakeSource);
    }
    const text = (horizon: number) => `${MINIMAL}model: { head: { horizon: ${horizon} } }`;
    expect(refused(() => resolveExperiment(parseSource(text(2), 'x.yaml'), own)).problems[0]).toContain(
      'takes 8 of 8 layers',
    );
    expect(refused(() => resolveExperiment(parseSource(text(1), 'x.yaml'), own)).code).toBe('none');
  });

  test('what a trunk throws about its sizes is said at the trunk', () => {
    const own = createRegistry();
    for (const { kind, name } of registry.list()) {
      const shape = () => {
        throw new Error('width must be even');
      };
      own.register(fakePlugin(kind, name, kind === 'trunk' ? { shape } : {}), fakeSource);
    }
    const error = refused(() =>
      resolveExperiment(parseSource(`${MINIMAL}model:\n  trunk: transformer`, 'x.yaml'), own),
    );
    expect(error.code).toBe('PLUGIN_FAILED');
    expect(error.problems[0]).toContain(
      'x.yaml:3:10 model.trunk: trunk "transformer" of demo@1.2.3: shape threw "width must be even".',
    );
  });
});
