import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Experiment, FORMAT_VERSION, type Json, validationStep } from '@foretoken/core';
import type { AcceptanceResults, BitsPerByteResults, LosslessnessResults, ThroughputTimings } from '@foretoken/evals';
import type { Laboratory, Outcomes, RunOptions, TrainingFacts, TrainingOptions } from './laboratory.ts';

type Statistics = Omit<AcceptanceResults['labelMatch'], 'windows' | 'offsets' | 'rates' | 'control'>;

/** A laboratory that makes numbers up, and lets a test look and interfere. */
export interface FakeLaboratory extends Laboratory {
  /** What was asked for, in order: `train head/horizon/seed`, `evaluate ...` or `time ...`. */
  readonly calls: string[];
}

/** Runs before the work of a call is done; what it throws, the call throws. */
export type Interference = (call: string, options: RunOptions) => void | Promise<void>;

/** `parallel/4/0`: head, horizon and seed. */
export const labelOf = ({ model, seed }: Experiment): string => `${model.head.name}/${model.head.horizon}/${seed}`;

/**
 * A laboratory whose every number follows from the experiment, as a real one's results do.
 *
 * Training writes the metrics file of a run step by step, and resumes behind the last line.
 */
export function createFakeLaboratory(interfere: Interference = () => {}): FakeLaboratory {
  const calls: string[] = [];
  return {
    calls,
    async train(experiment, options) {
      calls.push(`train ${labelOf(experiment)}`);
      await trainTo(experiment.training.steps, experiment, options, interfere);
      await writeManifest(options.directory);
      return factsOf(experiment);
    },
    async trainUntil(experiment, { share, ...options }) {
      const step = validationStep(experiment.training, share);
      calls.push(`train ${labelOf(experiment)} to ${step}`);
      await trainTo(step, experiment, options, interfere);
      const { losses } = validationOf(experiment, step);
      return { step, steps: experiment.training.steps, bits: losses[0] / Math.LN2, dataHash: 'c0ffee' };
    },
    async evaluate(experiment, options) {
      const named = experiment.evals.map(({ name }) => name);
      const call = `${named.join() === 'throughput' ? 'time' : 'evaluate'} ${labelOf(experiment)}`;
      calls.push(call);
      await interfere(call, options);
      const all = outcomesOf(experiment);
      for (const [i, name] of named.entries()) options.onProgress(i + 1, named.length, name);
      return Object.fromEntries(named.map((name) => [name, all[name]]));
    },
  };
}

/** Goes on to a step; a training that is past it is left as it is. */
async function trainTo(
  last: number,
  experiment: Experiment,
  { directory, onProgress, ...options }: TrainingOptions,
  interfere: Interference,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const file = path.join(directory, 'metrics.jsonl');
  const { steps } = experiment.training;
  const before = await readFile(file, 'utf8').catch(() => '');
  for (let step = before.split('\n').length; step <= last; step++) {
    await interfere(`train ${labelOf(experiment)} step ${step}`, { directory, ...options });
    await appendFile(file, `${JSON.stringify(metricsOf(experiment, step))}\n`);
    onProgress({ step, steps, loss: lossOf(experiment, step, 1), tokensPerSecond: 1000 });
  }
}

function factsOf({ model, training, data }: Experiment): TrainingFacts {
  const layers = 6;
  const { horizon } = model.head;
  return {
    parameters: 1_000_000 + model.head.horizon * 1024,
    layers,
    trunkLayers: layers - model.head.horizon,
    steps: training.steps,
    skippedSteps: 0,
    tokens: training.steps * training.batch * data.context,
    match: { to: model.match, headMlpWidth: 384, lastMlpWidth: 384, referenceParameters: 1_001_024 },
    flopsPerToken: { forward: 2_000_000 + horizon * 65_536, training: 3 * (2_000_000 + horizon * 65_536) },
    trainingFlops: training.steps * training.batch * data.context * 3 * (2_000_000 + horizon * 65_536),
    peakBytes: 50_000_000,
    data: { contentHash: 'c0ffee', trainBytes: 4_000_000, validationBytes: 400_000 },
    timings: { seconds: 12.5, tokensPerSecond: 4321 },
  };
}

async function writeManifest(directory: string): Promise<void> {
  const documents = Array.from({ length: 6 }, (_, i) => ({
    ...{
      id: `package-${i}/index.d.ts`,
      split: i < 5 ? 'train' : 'validation',
      bytes: 800_000,
      sha256: `${i}`,
      tokens: 800_000,
    },
  }));
  const skipped = [{ id: 'copy/index.d.ts', reason: 'duplicate' }];
  const manifest = {
    formatVersion: FORMAT_VERSION,
    contentHash: 'c0ffee',
    dataset: { name: 'text-files' },
    vocabulary: 256,
    documents,
    skipped,
  };
  await writeFile(path.join(directory, 'data-manifest.json'), JSON.stringify(manifest));
}

/** A number in [0, 1) that follows from a name. */
function chance(name: string): number {
  let hash = 2166136261;
  for (const character of name) hash = Math.imul(hash ^ character.charCodeAt(0), 16777619) >>> 0;
  return hash / 2 ** 32;
}

const lossOf = (experiment: Experiment, step: number, offset: number): number => {
  const head = experiment.model.head.name === 'linear' ? 0.12 : experiment.model.head.name === 'low-rank' ? 0.06 : 0;
  const noise = (chance(`${labelOf(experiment)}/${step}/${offset}`) - 0.5) * 0.25;
  const floor = 1.9 + 0.45 * (offset - 1) + (offset > 1 ? head * 3 : head * 0.4) + 0.02 * experiment.model.head.horizon;
  return floor + 3.2 * Math.exp(-step / (experiment.training.steps / 5)) + noise;
};

const offsetsOf = ({ model }: Experiment): number[] => Array.from({ length: model.head.horizon }, (_, i) => i + 1);

function metricsOf(experiment: Experiment, step: number): object {
  const losses = offsetsOf(experiment).map((offset) => lossOf(experiment, step, offset));
  const validates = step % experiment.training.validateEvery === 0;
  const validation = validationOf(experiment, step);
  const row = { formatVersion: 2, step, losses, loss: losses[0], learningRate: 1e-3, seconds: 0.5 };
  return { ...row, ...(validates ? { validation } : {}) };
}

/** What a validation gives: on held-out text losses are higher. */
export const validationOf = (experiment: Experiment, step: number): { losses: number[] } => ({
  losses: offsetsOf(experiment).map((offset) => lossOf(experiment, step, offset) + 0.1),
});

function outcomesOf(experiment: Experiment): Outcomes {
  const { horizon } = experiment.model.head;
  const drafting = Object.keys(experiment.decoders).filter((label) => label !== 'greedy');
  const rate = (level: number) =>
    0.62 * 0.72 ** (level - 1) + 0.05 * chance(labelOf(experiment)) - headPenalty(experiment);
  const speed = 180 + 10 * chance(`${labelOf(experiment)}/speed`);
  const bits: BitsPerByteResults = {
    unit: 'bits per byte',
    windows: 64,
    offsets: offsetsOf(experiment),
    perOffset: offsetsOf(experiment).map((offset) => lossOf(experiment, experiment.training.steps, offset) / Math.LN2),
    targets: offsetsOf(experiment).map(() => 8128),
    bigram: 3.91,
    bigramFit: { pairs: 4_000_000, alpha: 64 },
    bigramReason: null,
  };
  const losslessness: LosslessnessResults = {
    lossless: true,
    promptTokens: 32,
    maxTokens: 64,
    decoders: Object.fromEntries(
      drafting.map((label) => [label, { output: 'greedy', prompts: 8, equal: 8, lossless: true }]),
    ),
    skipped: [],
  };
  const throughput: ThroughputTimings = {
    baseline: 'greedy',
    promptTokens: 32,
    maxTokens: 64,
    decoders: Object.fromEntries(
      ['greedy', ...drafting].map((label, i) => {
        const ratio = i === 0 ? 1 : 0.75 + 0.25 * horizon - headPenalty(experiment);
        return [label, { output: 'greedy', tokensPerSecond: speed * ratio, ratio, rounds: [speed * ratio] }];
      }),
    ),
    skipped: [],
  };
  const json = (value: object) => value as { readonly [name: string]: Json };
  return {
    'bits-per-byte': { results: json(bits) },
    acceptance: { results: json(acceptanceOf(horizon, drafting, rate)) },
    losslessness: { results: json(losslessness) },
    throughput: { results: {}, timings: json(throughput) },
  };
}

const headPenalty = ({ model }: Experiment): number => ({ linear: 0.14, 'low-rank': 0.07 })[model.head.name] ?? 0;

function acceptanceOf(
  horizon: number,
  drafting: readonly string[],
  rate: (level: number) => number,
): AcceptanceResults {
  const sample = { prompt: 'export interface Options {\n  readonly ', pieces: samplePieces(horizon > 1) };
  const decoder = (levels: number) => ({
    ...statisticsOf(levels, rate),
    output: 'greedy' as const,
    repetition: { distinct4: 0.61, textDistinct4: 0.88, degenerate: false },
    sample: levels === 0 ? { ...sample, pieces: samplePieces(false) } : sample,
  });
  const labelMatch = statisticsOf(horizon - 1, (level) => 0.7 * rate(level));
  const nothing = { rates: [], chance: [], tokensPerForward: 1 };
  return {
    prompts: 8,
    promptTokens: 32,
    maxTokens: 64,
    decoders: { greedy: decoder(0), ...Object.fromEntries(drafting.map((label) => [label, decoder(horizon - 1)])) },
    timed: [],
    skipped: [],
    labelMatch: {
      ...labelMatch,
      windows: 64,
      offsets: Array.from({ length: horizon }, (_, i) => i + 1),
      rates: Array.from({ length: horizon }, (_, i) => rate(i + 1)),
      control: { shift: 64, shifted: nothing, random: nothing },
    },
  };
}

function statisticsOf(levels: number, rate: (level: number) => number): Statistics {
  const marginal = Array.from({ length: levels }, (_, i) => rate(i + 1));
  const forwards = 100;
  return {
    forwards,
    tokens: forwards * (1 + marginal.reduce((sum, value) => sum + value, 0)),
    bonus: forwards,
    tokensPerForward: 1 + marginal.reduce((sum, value) => sum + value, 0),
    proposed: marginal.map(() => forwards),
    accepted: marginal.map((value) => value * forwards),
    unobserved: marginal.map(() => 0),
    marginal,
    conditional: marginal.map((value, i) => value / (i === 0 ? 1 : marginal[i - 1])),
    nodes: marginal.map(() => forwards),
    acceptedLengths: [forwards, ...marginal.map(() => 0)],
    rows: [],
  };
}

function samplePieces(isDrafted: boolean) {
  const words = [
    'name',
    ': ',
    'string',
    ';\n  ',
    'readonly ',
    'options',
    '?: ',
    'ReadonlyArray<',
    'Json',
    '>;\n',
    '}\n',
  ];
  return words.map((text, i) => ({ text, drafted: isDrafted && i % 3 !== 0 }));
}
