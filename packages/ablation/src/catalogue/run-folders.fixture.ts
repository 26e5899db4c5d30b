import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Experiment, experimentHash } from '@foretoken/core';

/** An empty folder of its own. */
export const emptyFolder = (): string => mkdtempSync(path.join(tmpdir(), 'foretoken-catalogue-'));

/** What a made-up run differs in. */
export interface MadeRun {
  readonly name?: string;
  readonly seed?: number;
  readonly head?: string;
  readonly horizon?: number;
  /** Loss of the last step, in nats. */
  readonly loss?: number;
  readonly steps?: number;
  readonly isFinished?: boolean;
}

/** A configuration as complete as a real one: some eighty values. */
export function madeExperiment({
  name = 'made-up',
  seed = 0,
  head = 'parallel',
  horizon = 4,
  steps = 20,
}: MadeRun = {}) {
  return {
    formatVersion: 1,
    name,
    seed,
    engine: { precision: 'float32', name: 'auto' },
    plugins: [] as string[],
    data: {
      dataset: { name: 'text-files', include: ['**/*.md'], split: { by: 'file', validation: 0.1, salt: 'foretoken' } },
      tokenizer: { name: 'bytes' },
      context: 128,
    },
    model: {
      trunk: { name: 'transformer', width: 64, layers: 6, attentionHeads: 4, preset: '1M', rotaryBase: 10000 },
      head: { name: head, horizon, blocks: 1 },
      ...{ readout: 'shared', match: 'parameters', maxOffset: 4 },
    },
    training: {
      ...{ steps, batch: 8, accumulate: 1, learningRate: 0.004, finalLearningRate: 0.1, beta1: 0.9, beta2: 0.95 },
      ...{ epsilon: 1e-8, weightDecay: 0.1, clip: 1, backward: 'sequential', validationWindows: 16, warmupSteps: 20 },
      ...{
        checkpointEvery: 200,
        validateEvery: 100,
        weighting: { name: 'uniform' },
        horizonSchedule: { name: 'fixed' },
      },
    },
    decoders: Object.fromEntries(
      ['greedy', 'speculative'].map((decoder) => [
        decoder,
        { name: decoder, rule: { name: 'exact' }, policy: { name: 'fixed' }, sampling: { temperature: 1, topP: 1 } },
      ]),
    ),
    evals: ['bits-per-byte', 'acceptance', 'losslessness'].map((evalName) => ({
      name: evalName,
      windows: 64,
      prompts: 8,
    })),
  };
}

/** Writes the folder of a run as training leaves it, checkpoint included. */
export function writeRunFolder(folder: string, run: MadeRun = {}): void {
  const { loss = 2.5, steps = 20, isFinished = true } = run;
  const experiment = madeExperiment(run);
  mkdirSync(path.join(folder, 'checkpoints'), { recursive: true });
  const write = (name: string, value: object) =>
    writeFileSync(path.join(folder, name), `${JSON.stringify({ ...value, formatVersion: 2 }, null, 2)}\n`);
  write('experiment.json', experiment);
  write('provenance.json', { baseDirectory: '.', started: '2026-01-02T03:04:05.000Z', engine: { name: 'native' } });
  const rows = Array.from({ length: steps }, (_, i) => ({
    ...{ formatVersion: 2, step: i + 1, horizon: 4, loss: loss + (steps - i - 1) / steps, learningRate: 0.001 },
    ...{ gradientNorm: 1.5, skipped: false, losses: [loss, loss, loss, loss], weights: [1, 1, 1, 1] },
    ...{ terms: ['offset-1', 'offset-2', 'offset-3', 'offset-4'], tokens: (i + 1) * 1024, seconds: 0.125 },
    ...(i + 1 === steps ? { validation: { losses: [loss / 2, loss, loss, loss] } } : {}),
  }));
  writeFileSync(path.join(folder, 'metrics.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  writeCheckpoint(path.join(folder, 'checkpoints', `step-${String(steps).padStart(8, '0')}.safetensors`), experiment);
  if (isFinished) write('summary.json', madeSummary(steps));
}

function madeSummary(steps: number): object {
  return {
    ...{ parameters: 353_088, layers: 6, trunkLayers: 2, steps, skippedSteps: 0, tokens: steps * 1024 },
    match: { to: 'parameters', headMlpWidth: 512, lastMlpWidth: 512, referenceParameters: 353_088 },
    flopsPerToken: { forward: 13_373_952, training: 40_121_856 },
    ...{ trainingFlops: 2.5e18, peakBytes: 41_641_728, checkpoint: 'checkpoints/last.safetensors' },
    data: { contentHash: 'f13e', trainBytes: 11_596_477, validationBytes: 577_734 },
    contentHash: '0'.repeat(64),
    timings: { seconds: 131.25, tokensPerSecond: 9363.5 },
  };
}

/** One weight, and the header that core reads. */
function writeCheckpoint(file: string, experiment: object): void {
  const metadata = {
    ...{ formatVersion: '2', configHash: experimentHash(experiment as unknown as Experiment), step: '20', state: '{}' },
    sha256: '0'.repeat(64),
  };
  const header = JSON.stringify({
    __metadata__: metadata,
    weight: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
  }).padEnd(1024);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(file, Buffer.concat([length, Buffer.from(header), Buffer.alloc(4)]));
}

/** A made-up arm: its bits per byte by seed; undefined for a seed that failed. */
export type MadeArms = { readonly [arm: string]: readonly (number | undefined)[] };

/** Writes the folder of an ablation: plan and cells, with ids `00000000`, `00000001`, ... in the order of arms and seeds. */
export function writeAblationFolder(folder: string, arms: MadeArms): void {
  let number = 0;
  const cells = Object.entries(arms).flatMap(([arm, bits], horizon) =>
    bits.map((value, seed) => {
      const id = (number++).toString(16).padStart(8, '0');
      const experiment = madeExperiment({ seed, horizon: horizon + 1 });
      mkdirSync(path.join(folder, 'cells', id), { recursive: true });
      writeCell(path.join(folder, 'cells', id), { id, seed, experiment, value });
      return { id, arm, seed, trainingKey: 'ffffffff', packages: {}, experiment };
    }),
  );
  const plan = { formatVersion: 2, name: 'made-up', file: 'ablation.yaml', arms: Object.keys(arms), cells };
  writeFileSync(path.join(folder, 'ablation.json'), JSON.stringify(plan));
}

function writeCell(
  folder: string,
  { id, seed, experiment, value }: { id: string; seed: number; experiment: object; value: number | undefined },
): void {
  if (value === undefined) {
    const failure = { formatVersion: 2, id, task: 'train', code: 'TRAINING_DIVERGED', message: 'ten steps' };
    writeFileSync(path.join(folder, 'failure.json'), JSON.stringify(failure));
    return;
  }
  const results = {
    training: { steps: 20, parameters: 353_088 },
    'bits-per-byte': { unit: 'bits per byte', offsets: [1, 2], perOffset: [value, value + 1], bigram: null },
    losslessness: { lossless: true },
  };
  const record = { formatVersion: 2, id, seed, experiment, packages: {}, training: { key: 'ffffffff' }, results };
  writeFileSync(path.join(folder, 'cell.json'), JSON.stringify({ ...record, timings: { training: { seconds: 3.5 } } }));
}
