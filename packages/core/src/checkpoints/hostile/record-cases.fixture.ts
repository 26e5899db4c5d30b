import { type Cases, rubbish } from './bad-file.fixture.ts';

const plugin = (name: string) => ({ name });

/** An experiment as a run's folder has it. */
export const GOOD_EXPERIMENT = {
  formatVersion: 2,
  name: 'good',
  seed: 0,
  engine: { name: 'native', precision: 'float32' },
  plugins: [],
  data: { dataset: plugin('text-files'), tokenizer: plugin('bytes'), context: 64 },
  model: {
    trunk: plugin('transformer'),
    head: { name: 'parallel', horizon: 2 },
    readout: 'shared',
    match: 'none',
    maxOffset: 2,
  },
  training: {
    ...{ steps: 10, batch: 2, accumulate: 1, learningRate: 0.003, finalLearningRate: 0.1, warmupSteps: 1 },
    ...{ beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clip: 1 },
    ...{ weighting: plugin('uniform'), horizonSchedule: plugin('fixed'), backward: 'sequential' },
    ...{ checkpointEvery: 5, validateEvery: 5, validationWindows: 8 },
  },
  decoders: { greedy: { name: 'greedy', rule: plugin('exact'), policy: plugin('all') } },
  evals: [],
};

/** The good experiment with one place changed, by its dotted path; undefined leaves the place out. */
function experiment(place: string, value: unknown): string {
  const copy = structuredClone(GOOD_EXPERIMENT) as unknown as Record<string, unknown>;
  const keys = place.split('.');
  const inside = keys.slice(0, -1).reduce((outer, key) => outer[key] as Record<string, unknown>, copy);
  inside[keys[keys.length - 1]] = value;
  return JSON.stringify(copy);
}

const base = (depth: number): object => ({
  ...GOOD_EXPERIMENT.model,
  ...(depth > 0 && { base: { run: 'r', sha256: 's', tokenizer: plugin('bytes'), model: base(depth - 1) } }),
});

export const EXPERIMENT_CASES: Cases = {
  'no-bytes': ['', 'not valid JSON'],
  cut: [JSON.stringify(GOOD_EXPERIMENT).slice(0, -1), 'not valid JSON'],
  list: ['[1]', 'must hold a JSON object'],
  null: ['null', 'must hold a JSON object'],
  'nothing-but-version': ['{"formatVersion":2}', 'name must be a text'],
  'no-version': [experiment('formatVersion', undefined), 'formatVersion none', 'FORMAT_VERSION'],
  'version-text': [experiment('formatVersion', '2'), 'formatVersion "2"', 'FORMAT_VERSION'],
  'version-1': [experiment('formatVersion', 1), 'Run "foretoken upgrade ', 'FORMAT_VERSION'],
  'version-99': [experiment('formatVersion', 99), 'formatVersion 99', 'FORMAT_VERSION'],
  'version-long': [experiment('formatVersion', Array(9000).fill(1)), 'formatVersion [1,1,', 'FORMAT_VERSION'],
  'seed-negative': [experiment('seed', -1), 'seed must be an integer >= 0'],
  'no-engine': [experiment('engine', undefined), 'engine must be a mapping'],
  'plugins-of-numbers': [experiment('plugins', [1]), 'plugins must be a list of names'],
  'data-null': [experiment('data', null), 'data must be a mapping'],
  'tokenizer-text': [experiment('data.tokenizer', 'bytes'), 'data.tokenizer must be a plugin'],
  'context-0': [experiment('data.context', 0), 'data.context must be an integer >= 1'],
  'model-list': [experiment('model', []), 'model must be a mapping'],
  'horizon-infinite': [experiment('model.head.horizon', null), 'model.head must be a plugin with a horizon'],
  'base-null': [experiment('model.base', null), 'model.base must hold a run'],
  'base-deep': [experiment('model', base(20)), 'model.base is nested more than 16 deep'],
  'training-null': [experiment('training', null), 'training must be a mapping'],
  'steps-text': [experiment('training.steps', '10'), 'training.steps must be an integer >= 1'],
  'backward-unknown': [experiment('training.backward', 'both'), 'training.backward must be sequential or joint'],
  'decoders-of-texts': [experiment('decoders', { a: 'greedy' }), 'decoders must be a mapping of decoders'],
  'evals-object': [experiment('evals', {}), 'evals must be a list of plugins'],
  'key-proto': ['{"formatVersion":2,"__proto__":{"polluted":true}}', '"__proto__" is not allowed'],
  'key-twice': ['{"formatVersion":2,"seed":1,"seed":2}', 'the key "seed" twice'],
  deep: [`{"formatVersion":2,"model":${'{"a":'.repeat(5000)}`, 'nests deeper than 100 levels'],
  'no-utf8': [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'not UTF-8'],
  'byte-order-mark': [`\ufeff${JSON.stringify(GOOD_EXPERIMENT)}`, 'not valid JSON'],
  'terminal-escape': ['\u001b[2J{}', '\\u001b[2J'],
  rubbish: [rubbish(1000, 4), 'not UTF-8'],
};

/** Who may go on with a run that was started as `GOOD_PROVENANCE` says. */
export const GOOD_PROVENANCE = {
  ...{ formatVersion: 2, baseDirectory: '..', started: '2026-01-01T00:00:00.000Z', node: 'v20.20.2' },
  ...{ platform: 'linux x64', processor: 'any', packages: {} },
  engine: { name: 'native', threads: 1, fingerprint: 'native-1' },
};

const provenance = (engine: unknown) => JSON.stringify({ ...GOOD_PROVENANCE, engine });

export const PROVENANCE_CASES: Cases = {
  'no-engine': [provenance(undefined), 'does not name the engine'],
  'engine-null': [provenance(null), 'does not name the engine'],
  'engine-text': [provenance('native'), 'does not name the engine'],
  'no-fingerprint': [provenance({ name: 'native' }), 'does not name the engine'],
  'fingerprint-list': [provenance({ name: 'native', fingerprint: ['native-1'] }), 'does not name the engine'],
  'another-engine': [provenance({ name: 'wasm', fingerprint: 'wasm-1' }), 'engine "wasm"', 'RUN_MISMATCH'],
};

/** The data that a run was started on. */
export const GOOD_MANIFEST = {
  ...{ formatVersion: 2, contentHash: 'hash', dataset: plugin('text-files'), tokenizer: plugin('bytes') },
  ...{ vocabulary: 256, documents: [{ id: 'a', split: 'train', bytes: 1, sha256: 's', tokens: 1 }], skipped: [] },
};

const manifest = (documents: unknown) => JSON.stringify({ ...GOOD_MANIFEST, contentHash: 'other', documents });

export const MANIFEST_CASES: Cases = {
  'no-documents': [manifest(undefined), 'lists no documents'],
  'documents-object': [manifest({ length: 1 }), 'lists no documents'],
  'documents-of-null': [manifest([null]), 'lists no documents'],
  'documents-of-texts': [manifest(['a']), 'lists no documents'],
  'other-documents': [manifest([{ id: 'b', sha256: 't' }]), '1 missing (such as b), 1 new (such as a)', 'DATA_CHANGED'],
};

export const SUMMARY_CASES: Cases = {
  'no-hash': ['{"formatVersion":2,"steps":10}', 'was changed after it was written'],
  'hash-null': ['{"formatVersion":2,"steps":10,"contentHash":null}', 'was changed after it was written'],
  'hash-of-another': [`{"formatVersion":2,"steps":10,"contentHash":"${'0'.repeat(64)}"}`, 'was changed after'],
  'number-infinite': ['{"formatVersion":2,"steps":1e999,"contentHash":"x"}', 'was changed after it was written'],
  'key-twice': ['{"formatVersion":2,"steps":10,"steps":11}', 'the key "steps" twice'],
};

/** Rows of a run's metrics. */
export const GOOD_METRICS = '{"step":1,"loss":2.5,"seconds":0.5}\n{"step":2,"loss":2.25,"seconds":0.5}\n';

/** A good log with a line put between its two. */
const line = (content: string | Buffer) =>
  Buffer.concat([
    Buffer.from(GOOD_METRICS.slice(0, 36)),
    Buffer.from(content as string),
    Buffer.from(`\n${GOOD_METRICS.slice(36)}`),
  ]);

export const METRICS_CASES: Cases = {
  'line-empty': [line(''), ':2 is not a row'],
  'line-blank': [line('  '), ':2 is not a row'],
  'line-cut': [line('{"step":'), ':2 is not a row'],
  'line-two': [line('{"step":1}{"step":2}'), ':2 is not a row'],
  'line-list': [line('[1]'), ':2 is not a row of this log: not a JSON object'],
  'line-null': [line('null'), ':2 is not a row of this log: not a JSON object'],
  'line-text': [line('"step"'), ':2 is not a row of this log: not a JSON object'],
  'line-number': [line('1'), ':2 is not a row of this log: not a JSON object'],
  'line-nan': [line('{"loss":NaN}'), ':2 is not a row'],
  'line-infinity': [line('{"loss":Infinity}'), ':2 is not a row'],
  'line-undefined': [line('{"loss":undefined}'), ':2 is not a row'],
  'line-single-quotes': [line("{'step':1}"), ':2 is not a row'],
  'line-nul': [line('{"step":1\0}'), ':2 is not a row'],
  'line-of-nul': [line(Buffer.alloc(4096)), ':2 is not a row'],
  'line-no-utf8': [line(Buffer.from('7b2261223a22ff227d', 'hex')), ':2 is not a row of this log: it is not UTF-8'],
  'line-cut-utf8': [line(Buffer.from('7b2261223a22e282227d', 'hex')), 'it is not UTF-8'],
  'line-surrogate-utf8': [line(Buffer.from('7b2261223a22eda080227d', 'hex')), 'it is not UTF-8'],
  'line-utf16': [line(Buffer.from('{"a":1}', 'utf16le')), ':2 is not a row'],
  'line-byte-order-mark': [line('\ufeff{"step":1}'), ':2 is not a row'],
  'line-twice': [line('{"step":1,"step":2}'), 'the key "step" twice'],
  'line-twice-inside': [line('{"a":[{"b":1,"\\u0062":2}]}'), 'the key "b" twice'],
  'line-proto': [line('{"__proto__":{"polluted":true}}'), '"__proto__" is not allowed'],
  'line-proto-inside': [line('{"validation":{"\\u005f_proto__":1}}'), '"__proto__" is not allowed'],
  'line-deep-lists': [line('['.repeat(20_000)), 'nests deeper than 100 levels'],
  'line-deep-closed': [line(`{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`), 'nests deeper than 100 levels'],
  'line-deep-objects': [line(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`), 'nests deeper than 100 levels'],
  'line-bad-escape': [line('{"a":"\\x"}'), ':2 is not a row'],
  'line-control': [line('{"a":"\u0001"}'), ':2 is not a row'],
  'line-terminal-escape': [line('\u001b[2J{}'), '\\u001b[2J'],
  rubbish: [Buffer.concat([rubbish(1000, 5), Buffer.from('\n')]), ':1 is not a row'],
  'safetensors-file': [Buffer.from('3000000000000000 7b7d0a'.replace(' ', ''), 'hex'), ':1 is not a row'],
};
