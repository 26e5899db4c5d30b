import { describe, expect, test } from 'vitest';
import type { Json } from '../contracts/json.ts';
import { fakeBuiltIns, refused } from './built-ins.fixture.ts';
import { applyOverrides } from './overrides.ts';
import { resolveExperiment } from './resolve.ts';
import { parseSource, sourceOf } from './source-map.ts';

const registry = fakeBuiltIns();
const resolve = (text: string) => resolveExperiment(parseSource(text, 'x.yaml'), registry);

const MINIMAL = 'data: { dataset: none }\n';

describe('an experiment with every default written out', () => {
  test('the smallest file names a dataset and nothing else', () => {
    expect(resolve(MINIMAL)).toEqual({
      formatVersion: 1,
      name: 'x',
      seed: 0,
      engine: { name: 'auto', precision: 'float32' },
      plugins: [],
      data: { dataset: { name: 'none' }, tokenizer: { name: 'bytes' }, context: 128 },
      model: {
        trunk: { name: 'transformer', width: 64 },
        head: { name: 'parallel', horizon: 4, bias: false },
        readout: 'shared',
        match: 'parameters',
        maxOffset: 4,
      },
      training: {
        steps: 200,
        batch: 8,
        accumulate: 1,
        learningRate: 0.001,
        finalLearningRate: 0.1,
        warmupSteps: 4,
        beta1: 0.9,
        beta2: 0.95,
        epsilon: 1e-8,
        weightDecay: 0.1,
        clip: 1,
        weighting: { name: 'uniform' },
        horizonSchedule: { name: 'fixed' },
        backward: 'sequential',
        checkpointEvery: 20,
        validateEvery: 20,
        validationWindows: 16,
      },
      decoders: {
        greedy: { name: 'greedy', rule: { name: 'exact' }, policy: { name: 'fixed' } },
        speculative: { name: 'speculative', rule: { name: 'exact' }, policy: { name: 'fixed' } },
      },
      evals: [{ name: 'bits-per-byte' }, { name: 'acceptance' }, { name: 'losslessness' }, { name: 'throughput' }],
    });
  });

  test('it is frozen through and through', () => {
    const { model, evals } = resolve(MINIMAL);
    expect([model, model.head, evals, evals[0]].every(Object.isFrozen)).toBe(true);
  });

  test('resolving it again changes nothing', () => {
    const experiment = resolve(
      'data: { dataset: none }\nmodel: { head: { horizon: 2 } }\ntraining: { steps: 1, groups: {}, distil: {} }\nevals: []\n',
    );
    const saved = JSON.parse(JSON.stringify(experiment)) as Json;
    expect(resolveExperiment(sourceOf(saved, 'saved'), registry)).toEqual(experiment);
  });

  test('a plugin may be a bare name or a mapping; a mapping without a name means the default plugin', () => {
    const { model, decoders, engine } = resolve(
      `${MINIMAL}engine: { name: cpu }
model: { head: { horizon: 2, bias: true }, trunk: { width: 8 } }
decoders: { fast: { name: speculative, policy: { name: confidence, threshold: 0.5 } } }`,
    );
    expect(engine).toEqual({ name: 'cpu', precision: 'float32' });
    expect(model.head).toEqual({ name: 'parallel', horizon: 2, bias: true });
    expect(model.trunk).toEqual({ name: 'transformer', width: 8 });
    expect(model.maxOffset).toBe(2);
    expect(decoders).toEqual({
      fast: { name: 'speculative', rule: { name: 'exact' }, policy: { name: 'confidence', threshold: 0.5 } },
    });
  });

  test('groups that are named are written out with those that are not; without any, nothing is said of them', () => {
    const { training } = resolve(`${MINIMAL}training: { groups: { trunk: { rate: 0.1, start: 5 }, head: {} } }`);
    const alike = { rate: 1, start: 0 };
    expect(training.groups).toEqual({ trunk: { rate: 0.1, start: 5 }, readout: alike, head: alike });
    expect(resolve(MINIMAL).training).not.toHaveProperty('groups');
  });

  test('distillation has a default loss and share where it is asked for', () => {
    expect(resolve(`${MINIMAL}training: { distil: {} }`).training.distil).toEqual({ loss: 'kl', share: 0.5 });
    expect(resolve(`${MINIMAL}training: { distil: { loss: lk, share: 1 } }`).training.distil).toEqual({
      loss: 'lk',
      share: 1,
    });
    expect(resolve(MINIMAL).training).not.toHaveProperty('distil');
  });

  test('a horizon of 1 leaves nothing to draft: greedy is the only default decoder', () => {
    expect(Object.keys(resolve(`${MINIMAL}model: { head: { horizon: 1 } }`).decoders)).toEqual(['greedy']);
  });

  test.each([
    [1, 1, 1],
    [50, 1, 5],
    [51, 2, 6],
    [1000, 20, 100],
  ])('of %i steps, %i warm up and every %i is a checkpoint and a validation', (steps, warmup, every) => {
    const { training } = resolve(`${MINIMAL}training: { steps: ${steps} }`);
    expect(training).toMatchObject({ warmupSteps: warmup, checkpointEvery: every, validateEvery: every });
  });

  test.each([
    ['runs/my run.yaml', 'my-run'],
    ['C:\\runs\\a.json', 'a'],
    ['.yml', 'experiment'],
    ['../-x.yaml', 'experiment'],
    ['日本.yaml', 'experiment'],
  ])('a file %s without a name is called %s', (path, name) => {
    expect(resolveExperiment(parseSource(MINIMAL, path), registry).name).toBe(name);
  });
});

const known = 'Known keys: data, decoders, engine, evals, formatVersion, model, name, plugins, seed, training.';

describe('a wrong configuration says where, what and what was probably meant', () => {
  test.each<[string, string, string, string[]]>([
    ['an empty file', '', 'CONFIG_INVALID', ['x.yaml:1:1: must be a mapping, was null.']],
    ['a list', '- a', 'CONFIG_INVALID', ['x.yaml:1:1: must be a mapping, was ["a"].']],
    ['no dataset', 'data: {}', 'CONFIG_INVALID', ['x.yaml:1:1 data.dataset: is required.']],
    ['no data', 'seed: 1', 'CONFIG_INVALID', ['x.yaml:1:1 data: is required.']],
    [
      'an unknown key',
      `${MINIMAL}modle: {}`,
      'CONFIG_INVALID',
      [`x.yaml:2:1 modle: is not a known key. Did you mean "model"? ${known}`],
    ],
    [
      'an unknown key below',
      `${MINIMAL}training:\n  batchs: 3`,
      'CONFIG_INVALID',
      [
        'x.yaml:3:3 training.batchs: is not a known key. Did you mean "batch"? Known keys: accumulate, backward, batch, beta1, beta2, checkpointEvery, clip, distil, epsilon, finalLearningRate, groups, horizonSchedule, keepCheckpoints, learningRate, minutes, steps, validateEvery, validationWindows, warmupSteps, weightDecay, weighting.',
      ],
    ],
    [
      'a word where there is a choice',
      `${MINIMAL}model: { readout: sharde }`,
      'CONFIG_INVALID',
      ['x.yaml:2:19 model.readout: must be one of "shared", "replicated", was "sharde". Did you mean "shared"?'],
    ],
    [
      'an unknown engine',
      `${MINIMAL}engine: wsam`,
      'CONFIG_INVALID',
      [
        'x.yaml:2:9 engine: must be one of "auto", "native", "wasm", "tensorflow", "webgpu", "cpu", was "wsam". Did you mean "wasm"?',
      ],
    ],
    [
      'a text for a number',
      `${MINIMAL}training: { steps: "200" }`,
      'CONFIG_INVALID',
      ['x.yaml:2:20 training.steps: must be an integer, was "200".'],
    ],
    [
      'half a step',
      `${MINIMAL}training: { steps: 0.5 }`,
      'CONFIG_INVALID',
      ['x.yaml:2:20 training.steps: must be an integer, was 0.5.'],
    ],
    [
      'no value',
      `${MINIMAL}training: { steps: }`,
      'CONFIG_INVALID',
      ['x.yaml:2:20 training.steps: must be an integer, was null.'],
    ],
    [
      'no step',
      `${MINIMAL}training: { steps: 0 }`,
      'CONFIG_INVALID',
      ['x.yaml:2:20 training.steps: must be >= 1, was 0.'],
    ],
    ['a negative seed', `${MINIMAL}seed: -1`, 'CONFIG_INVALID', ['x.yaml:2:7 seed: must be >= 0, was -1.']],
    [
      'a seed beyond exact integers',
      `${MINIMAL}seed: 9007199254740993`,
      'CONFIG_INVALID',
      ['x.yaml:2:7 seed: must be <= 9007199254740991, was 9007199254740992.'],
    ],
    [
      'no learning rate',
      `${MINIMAL}training: { learningRate: 0 }`,
      'CONFIG_INVALID',
      ['x.yaml:2:27 training.learningRate: must be > 0, was 0.'],
    ],
    [
      'a decay of 1',
      `${MINIMAL}training: { beta1: 1 }`,
      'CONFIG_INVALID',
      ['x.yaml:2:20 training.beta1: must be < 1, was 1.'],
    ],
    [
      'a number for a plugin',
      `${MINIMAL}model: { trunk: 3 }`,
      'CONFIG_INVALID',
      ['x.yaml:2:17 model.trunk: must be a string or a mapping, was 3.'],
    ],
    [
      'a list for a plugin',
      `${MINIMAL}evals: [[a]]`,
      'CONFIG_INVALID',
      ['x.yaml:2:9 evals.0: must be a string or a mapping, was ["a"].'],
    ],
    ['an empty name', `${MINIMAL}evals: [""]`, 'CONFIG_INVALID', ['x.yaml:2:9 evals.0: must not be empty.']],
    [
      'a plugin without a name',
      'data:\n  dataset: { include: [x] }',
      'CONFIG_INVALID',
      ['x.yaml:2:3 data.dataset.name: is required.'],
    ],
    [
      'a horizon of 0',
      `${MINIMAL}model:\n  head:\n    name: linear\n    horizon: 0`,
      'CONFIG_INVALID',
      ['x.yaml:5:14 model.head.horizon: must be >= 1, was 0.'],
    ],
    [
      'a package named twice',
      `${MINIMAL}plugins: [a, a]`,
      'CONFIG_INVALID',
      ['x.yaml:2:10 plugins: must not repeat an entry; entries 0 and 1 are the same.'],
    ],
    [
      'a name that is a path',
      `${MINIMAL}name: ../../etc`,
      'CONFIG_INVALID',
      ['x.yaml:2:7 name: must be letters, digits, ".", "_" and "-", starting with a letter or digit, was "../../etc".'],
    ],
    [
      'a label that is a path',
      `${MINIMAL}decoders: { ../x: greedy }`,
      'CONFIG_INVALID',
      [
        'x.yaml:2:13 decoders.../x: is not a valid name: letters, digits, ".", "_" and "-", starting with a letter or digit.',
      ],
    ],
    ['no decoder', `${MINIMAL}decoders: {}`, 'CONFIG_INVALID', ['x.yaml:2:11 decoders: must not be empty.']],
    [
      'an unknown plugin',
      `${MINIMAL}model: { head: paralel }`,
      'PLUGIN_UNKNOWN',
      [
        'x.yaml:2:16 model.head: no head "paralel". Did you mean "parallel"? Registered heads: linear, low-rank, parallel.',
      ],
    ],
    [
      'an unknown plugin with options',
      `${MINIMAL}model: { head: { horizon: 2, name: medusa } }`,
      'PLUGIN_UNKNOWN',
      ['x.yaml:2:36 model.head.name: no head "medusa". Registered heads: linear, low-rank, parallel.'],
    ],
    [
      'several unknown plugins',
      'data: { dataset: nome, tokenizer: byte }',
      'PLUGIN_UNKNOWN',
      [
        'x.yaml:1:18 data.dataset: no dataset "nome". Did you mean "none"? Registered datasets: none, text-files.',
        'x.yaml:1:35 data.tokenizer: no tokenizer "byte". Did you mean "bytes"? Registered tokenizers: bytes.',
      ],
    ],
    [
      'an option out of range',
      `${MINIMAL}model:\n  head: { name: low-rank, rank: 0 }`,
      'OPTIONS_INVALID',
      ['x.yaml:3:33 model.head.rank: must be >= 1, was 0 (head "low-rank").'],
    ],
    [
      'an option that is required',
      'data: { dataset: text-files }',
      'OPTIONS_INVALID',
      ['x.yaml:1:9 data.dataset.include: is required (dataset "text-files").'],
    ],
    [
      'an unknown option',
      `${MINIMAL}model:\n  head: { name: low-rank, rnak: 2 }`,
      'OPTIONS_INVALID',
      [
        'x.yaml:3:27 model.head.rnak: is not a known key. Did you mean "rank"? Known keys: rank (head "low-rank"). Keys of every head: horizon.',
      ],
    ],
    [
      'an option below a rule of a decoder',
      `${MINIMAL}decoders:\n  a:\n    name: greedy\n    policy: { name: confidence, threshold: 2 }`,
      'OPTIONS_INVALID',
      ['x.yaml:5:44 decoders.a.policy.threshold: must be <= 1, was 2 (draft-policy "confidence").'],
    ],
  ])('%s', (_, text, code, problems) => {
    const error = refused(() => resolve(text));
    expect(error.problems).toEqual(problems);
    expect(error.code).toBe(code);
  });

  test('all at once, in the order of the file', () => {
    const text = `seed: -1
data:
  dataset: nome
model:
  head: { name: low-rank, rank: 0, horizon: x }
trainign: {}
`;
    const error = refused(() => resolve(text));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toBe(
      `CONFIG_INVALID: x.yaml has 5 problems:
  x.yaml:1:7 seed: must be >= 0, was -1.
  x.yaml:3:12 data.dataset: no dataset "nome". Did you mean "none"? Registered datasets: none, text-files.
  x.yaml:5:33 model.head.rank: must be >= 1, was 0 (head "low-rank").
  x.yaml:5:45 model.head.horizon: must be an integer, was "x".
  x.yaml:6:1 trainign: is not a known key. Did you mean "training"? ${known}`,
    );
  });

  test('one problem stands alone, after its code', () => {
    expect(refused(() => resolve(`${MINIMAL}seed: x`)).message).toBe(
      'CONFIG_INVALID: x.yaml:2:7 seed: must be an integer, was "x".',
    );
  });

  test('a text that does not parse says every place', () => {
    const error = refused(() => resolve('a: .inf\nb: *c\n'));
    expect(error.code).toBe('CONFIG_SYNTAX');
    expect(error.problems).toEqual([
      'x.yaml:1:4: Infinity is not a value that JSON can hold; numbers must be finite.',
      'x.yaml:2:4: the alias "*c" has no anchor "&c" before it.',
    ]);
  });

  test('another format version is refused before anything else is judged', () => {
    const error = refused(() => resolve('formatVersion: 3\nwhatever: it says\n'));
    expect(error.message).toBe(
      'FORMAT_VERSION: x.yaml:1:16 formatVersion: must be 1, was 3. Use the release of Foretoken that wrote the file.',
    );
    expect(refused(() => resolve(`${MINIMAL}formatVersion: "1"`)).code).toBe('CONFIG_INVALID');
  });

  test('what an override breaks is said of the override', () => {
    const source = applyOverrides(parseSource(MINIMAL, 'x.yaml'), [
      { path: 'model.head.horizon', value: 0 },
      { path: 'model.maxOffst', value: 2 },
    ]);
    expect(refused(() => resolveExperiment(source, registry)).problems).toEqual([
      '(override model.maxOffst) model.maxOffst: is not a known key. Did you mean "maxOffset"? Known keys: base, head, match, maxOffset, readout, trunk.',
      '(override model.head.horizon) model.head.horizon: must be >= 1, was 0.',
    ]);
  });
});
