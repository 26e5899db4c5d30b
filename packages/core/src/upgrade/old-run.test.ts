import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Engine, openEngine } from '@foretoken/engine';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CheckpointStore } from '../checkpoints/checkpoint-store.ts';
import { type StoredTensor, writeSafetensors } from '../checkpoints/safetensors.ts';
import type { Experiment } from '../config/experiment.ts';
import { experimentHash, hashJson } from '../config/hash.ts';
import type { Dataset, Tokenizer } from '../contracts/data.ts';
import type { JsonObject } from '../files/json-file.ts';
import { readJsonLines } from '../files/json-lines-log.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { defineDataset, defineHorizonSchedule, defineTokenizer, defineWeighting } from '../plugins/define.ts';
import { fakePlugin, fakeSource } from '../plugins/plugin.fixture.ts';
import { createRegistry } from '../plugins/registry.ts';
import { readRunExperiment, runPaths } from '../training/run-directory.ts';
import { readRunSummary } from '../training/run-summary.ts';
import { blocksHead, CONTEXT, HORIZON, TINY_SETTINGS, tinyTrunk, VOCABULARY } from '../training/tiny-model.fixture.ts';
import { withTrainingPreview } from '../training/training-preview.ts';
import { readOldRun } from './old-run.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

const registry = createRegistry();
for (const plugin of [
  tinyTrunk,
  blocksHead,
  // An option that there was not when the run was saved.
  defineDataset({
    name: 'none',
    options: Type.Object({ shuffled: Type.Boolean({ default: false }) }),
    create: () => ({}) as Dataset,
  }),
  defineTokenizer({
    name: 'none',
    create: () =>
      ({ vocabulary: VOCABULARY, encode: () => new Int32Array(), decode: () => '' }) as unknown as Tokenizer,
  }),
  defineHorizonSchedule({ name: 'fixed', create: ({ horizon }) => ({ start: () => null, now: () => horizon }) }),
  defineWeighting({ name: 'uniform', create: () => ({ start: (terms) => terms.length, now: () => [1, 1, 1] }) }),
])
  registry.register(plugin, { package: 'test', version: '1.0.0', api: 1 });
for (const [kind, name] of [
  ['decoder', 'greedy'],
  ['acceptance-rule', 'exact'],
  ['draft-policy', 'fixed'],
] as const)
  registry.register(fakePlugin(kind, name), fakeSource);
const host = { plugins: { registryFor: async () => registry } as never, openEngine: async () => engine };

const EXPERIMENT = {
  ...{ formatVersion: 1, name: 'x', seed: 0, engine: { name: 'cpu' }, plugins: [] },
  data: { context: CONTEXT, dataset: { name: 'none' }, tokenizer: { name: 'none' } },
  model: {
    ...{ trunk: { name: 'tiny' }, head: { name: blocksHead.name, horizon: HORIZON } },
    ...{ readout: 'shared', match: 'none', maxOffset: HORIZON },
  },
  training: {
    ...TINY_SETTINGS,
    steps: 20,
    batch: 2,
    weighting: { name: 'uniform' },
    horizonSchedule: { name: 'fixed' },
  },
  decoders: { greedy: { name: 'greedy', rule: { name: 'exact' }, policy: { name: 'fixed' } } },
  evals: [],
};
const STATE = {
  trainer: { step: 7, lastLosses: [1, 2, 3], weighting: 3, horizonSchedule: null, adamwSteps: {} },
  cursor: 14,
};
const CHECKPOINT = 'checkpoints/step-00000007.safetensors';
const weight: StoredTensor = { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) };
const METADATA = {
  ...{ formatVersion: '1', configHash: hashJson(EXPERIMENT), step: '7', score: '2.5', state: JSON.stringify(STATE) },
  sha256: createHash('sha256')
    .update(Buffer.from(Float32Array.of(1, 2).buffer))
    .digest('hex'),
};

interface Changes {
  readonly experiment?: object;
  readonly metadata?: Readonly<Record<string, string | undefined>>;
  readonly summary?: object;
  /** Of the checkpoint's weight. */
  readonly data?: Float32Array;
  readonly metrics?: string;
}

/** A run as version 1 has it, with changes. */
async function oldRun({ experiment, metadata, summary, data, metrics }: Changes = {}): Promise<string> {
  const run = join(temporaryFolder(), 'run');
  mkdirSync(join(run, 'checkpoints'), { recursive: true });
  const write = (name: string, value: object) =>
    writeFileSync(join(run, name), JSON.stringify({ formatVersion: 1, ...value }));
  write('experiment.json', { ...EXPERIMENT, ...experiment });
  write('provenance.json', { baseDirectory: '..', engine: { name: 'cpu', fingerprint: 'then' } });
  writeFileSync(
    join(run, 'metrics.jsonl'),
    metrics ?? '{"formatVersion":1,"step":1,"loss":2}\n{"formatVersion":1,"step":2,"loss":1}\n{"torn',
  );
  const parameters = 2 * VOCABULARY * 8 + 8 + 6 * (192 + 144 + 16);
  const counts = { parameters, layers: 4, trunkLayers: 3, steps: 20, skippedSteps: 0, tokens: 20 * 2 * CONTEXT };
  write('summary.json', { ...counts, peakBytes: 5, checkpoint: CHECKPOINT, ...summary });
  const own: StoredTensor | undefined = data && { dtype: 'F32', shape: [2], data };
  const sha256 = data ? createHash('sha256').update(Buffer.from(data.buffer)).digest('hex') : METADATA.sha256;
  const texts = Object.entries({ ...METADATA, sha256, ...metadata }).filter(([, text]) => text !== undefined);
  await writeSafetensors(
    join(run, CHECKPOINT),
    new Map([['weight', own ?? weight]]),
    Object.fromEntries(texts) as Record<string, string>,
  );
  return run;
}

/** Writes every file anew that has a conversion, elsewhere. */
async function upgraded(run: string): Promise<string> {
  const old = await readOldRun(host, run);
  const to = join(temporaryFolder(), 'run');
  const names = readdirSync(run, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const entry of names) {
    const name = join(entry.parentPath, entry.name).slice(run.length + 1);
    mkdirSync(dirname(join(to, name)), { recursive: true });
    await old.conversionOf(name)!(join(run, name), join(to, name), {});
  }
  return to;
}

const refusal = (changes: Changes) =>
  oldRun(changes)
    .then(upgraded)
    .then(
      () => 'upgraded',
      (error: Error) => error.message,
    );

describe('a run of version 1', () => {
  it('has every option, the checkpoint of its configuration, and what summaries say since', async () => {
    const to = await upgraded(await oldRun());
    const experiment = await readRunExperiment(to);
    expect(experiment).toEqual({
      ...EXPERIMENT,
      engine: { name: 'cpu', precision: 'float32' },
      data: { ...EXPERIMENT.data, dataset: { name: 'none', shuffled: false } },
    });
    const store = CheckpointStore.reading(join(to, 'checkpoints'), { configHash: experimentHash(experiment) });
    const { tensors, state, score } = await store.load((await store.latest()).path);
    expect(tensors).toEqual(new Map([['weight', weight]]));
    expect({ state, score }).toEqual({
      state: { ...STATE, trainer: { ...STATE.trainer, lastNorms: [0, 0, 0] } },
      score: 2.5,
    });
    const forward = 6 * (2 * 336 + 96) + 3 * 2 * 8 * VOCABULARY;
    expect(await readRunSummary(runPaths(to))).toMatchObject({
      ...{ steps: 20, peakBytes: 5, match: { to: 'none' }, flopsPerToken: { forward, training: 3 * forward } },
      trainingFlops: 20 * 2 * CONTEXT * 3 * forward,
    });
    expect(await readJsonLines(join(to, 'metrics.jsonl'))).toEqual([
      { formatVersion: 2, step: 1, loss: 2 },
      { formatVersion: 2, step: 2, loss: 1 },
    ]);
    expect(JSON.parse(readFileSync(join(to, 'provenance.json'), 'utf8'))).toMatchObject({
      formatVersion: 2,
      baseDirectory: '..',
    });
  });

  it('of a later release keeps what it says already, and the order that it says it in', async () => {
    const complete = {
      ...EXPERIMENT,
      engine: { name: 'cpu', precision: 'float32' },
      data: { ...EXPERIMENT.data, dataset: { name: 'none', shuffled: true } },
    };
    const trainer = { lastNorms: [1, 2, 3], ...STATE.trainer };
    const state = JSON.stringify({ ...STATE, trainer });
    const configHash = experimentHash(complete as unknown as Experiment);
    const to = await upgraded(
      await oldRun({ experiment: complete, metadata: { configHash, state }, summary: { match: { to: 'none' } } }),
    );
    expect(Object.keys(JSON.parse(readFileSync(join(to, 'experiment.json'), 'utf8')).engine)).toEqual([
      'name',
      'precision',
    ]);
    const store = CheckpointStore.reading(join(to, 'checkpoints'), { configHash });
    expect((await store.load((await store.latest()).path)).state).toEqual(JSON.parse(state) as JsonObject);
    expect(await readRunSummary(runPaths(to))).not.toHaveProperty('flopsPerToken');
  });

  it.each<[string, Changes, RegExp]>([
    ['a seed that was edited', { experiment: { seed: 5 } }, /^CHECKPOINT_MISMATCH: .*which was edited/],
    ['no list of packages', { experiment: { plugins: 'x' } }, /^FILE_CORRUPT: .*plugins must be a list of names/],
    [
      'an unknown option',
      { experiment: { data: { ...EXPERIMENT.data, dataset: { name: 'none', shufled: true } } } },
      /^OPTIONS_INVALID: .*shufled/,
    ],
    ['tensors that decayed', { metadata: { sha256: '0'.repeat(64) } }, /^FILE_CORRUPT: .*do not match their SHA-256/],
    ['a seal of others', { metadata: { seal: '0'.repeat(64) } }, /^FILE_CORRUPT: .*seal is not its own/],
    [
      'a checkpoint of no version',
      { metadata: { formatVersion: undefined } },
      /^FILE_CORRUPT: .*no checkpoint of Foretoken/,
    ],
    ['a checkpoint of a newer one', { metadata: { formatVersion: '3' } }, /^FORMAT_VERSION: .*formatVersion 3/],
    ['a checkpoint of a strange one', { metadata: { formatVersion: '0x1' } }, /^FORMAT_VERSION: .*formatVersion "0x1"/],
    ['a state that is cut', { metadata: { state: '{"trainer":' } }, /^FILE_CORRUPT: .*its state is not JSON/],
    ['no state', { metadata: { state: undefined } }, /^FILE_CORRUPT: .*its state is not JSON/],
    ['a state of nothing', { metadata: { state: 'null' } }, /^FILE_CORRUPT: .*not that of a training/],
    [
      'a weight that is not finite',
      { data: Float32Array.of(1, Number.NaN) },
      /^CHECKPOINT_NOT_FINITE: .*step-00000007\.safetensors: .*tensor "weight" was NaN at \[1\]\. .*take it out/,
    ],
    [
      'a state that is not finite',
      { metadata: { state: JSON.stringify({ ...STATE, cursor: 0 }).replace('"cursor":0', '"cursor":1e999') } },
      /^CHECKPOINT_NOT_FINITE: .*state\.cursor was Infinity/,
    ],
    [
      'rows that are damaged before the last checkpoint',
      { metrics: '{"step":1}\nrubbish\n{"step":7}\n' },
      /^FILE_CORRUPT: .*metrics\.jsonl:2 is not a row/,
    ],
  ])('with %s is refused', async (_, changes, message) => {
    expect(await refusal(changes)).toMatch(message);
  });

  it('keeps the rows before what a kill or power loss left behind its last checkpoint', async () => {
    const rows = [1, 7, 8].map((step) => ({ formatVersion: 1, step }));
    const metrics = `${rows.map((row) => JSON.stringify(row)).join('\n')}\nrubbish\n{"step":9}\n{"st`;
    const to = await upgraded(await oldRun({ metrics }));
    expect(await readJsonLines(join(to, 'metrics.jsonl'))).toEqual(rows.map((row) => ({ ...row, formatVersion: 2 })));
  });

  it('that is finished and whose model has other weights today is a record: what it says stays', async () => {
    const run = await oldRun({ summary: { parameters: 1 } });
    expect(await readOldRun(host, run)).toMatchObject({ isRecordOnly: true });
    const summary = await readRunSummary(runPaths(await upgraded(run)));
    expect(summary).toMatchObject({ parameters: 1, peakBytes: 5 });
    expect(summary).not.toHaveProperty('match');
  });

  describe('that is not finished', () => {
    /** @param change - of the weights that the model has, in its checkpoint */
    async function unfinished(change: (tensors: Map<string, StoredTensor>) => void = () => {}): Promise<string> {
      const run = await oldRun();
      rmSync(join(run, 'summary.json'));
      const shapes = await withTrainingPreview(host, EXPERIMENT as never, run, (preview) => preview.shapes);
      const tensors = new Map(
        [...shapes].map(([name, shape]): [string, StoredTensor] => [
          `model/${name}`,
          { dtype: 'F32', shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) },
        ]),
      );
      change(tensors);
      await writeSafetensors(join(run, CHECKPOINT), tensors, METADATA);
      return run;
    }

    it('is read where its checkpoint has the weights of the model, and is no mere record', async () => {
      expect(await readOldRun(host, await unfinished())).toMatchObject({ isRecordOnly: false, summary: undefined });
    });

    it.each<[string, (tensors: Map<string, StoredTensor>, first: string) => void, RegExp]>([
      ['lacks one', (tensors, first) => tensors.delete(first), /has no ".+"/],
      [
        'has one more',
        (tensors) => tensors.set('model/more', weight),
        /has "more" \[2\], which the model of now has not/,
      ],
      [
        'has another shape',
        (tensors, first) => tensors.set(first, weight),
        /has ".+" as \[2\], and the model of now as \[/,
      ],
    ])('is refused where its checkpoint %s: only the release that wrote it goes on', async (_, change, what) => {
      const run = await unfinished((tensors) => change(tensors, [...tensors.keys()][0]));
      await expect(readOldRun(host, run)).rejects.toThrow(/^RUN_MISMATCH: .*step-00000007\.safetensors/);
      await expect(readOldRun(host, run)).rejects.toThrow(what);
      await expect(readOldRun(host, run)).rejects.toThrow(/only the release that wrote it goes on/);
      expect(await readOldRun(host, run, { takesOtherModels: true })).toMatchObject({ isRecordOnly: true });
    });
  });

  it('need not have come further than its experiment', async () => {
    const run = join(temporaryFolder(), 'run');
    mkdirSync(run);
    writeFileSync(join(run, 'experiment.json'), JSON.stringify(EXPERIMENT));
    const { baseDirectory, summary, conversionOf } = await readOldRun(host, run);
    expect({ baseDirectory, summary, other: conversionOf('notes.txt') }).toEqual({
      ...{ baseDirectory: dirname(run), summary: undefined, other: undefined },
    });
  });
});
