import { dirname, join, relative } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import { CheckpointStore } from '../checkpoints/checkpoint-store.ts';
import type { Experiment, PluginRef } from '../config/experiment.ts';
import { experimentHash } from '../config/hash.ts';
import { scaleSteps } from '../config/scale-steps.ts';
import { validationStep } from '../config/validation-step.ts';
import type { EvalOutcome, Progress } from '../contracts/evaluation.ts';
import type { Json } from '../contracts/json.ts';
import { type PreparedData, prepareData } from '../data/prepare.ts';
import { countReasons } from '../data/skipped.ts';
import type { Host } from '../di/host.ts';
import type { RunScope } from '../di/run-scope.ts';
import { runEvals } from '../evaluation/run-evals.ts';
import { createSubject } from '../evaluation/subject.ts';
import { ensureFreeSpace } from '../files/free-space.ts';
import type { JsonObject } from '../files/json-file.ts';
import type { TrainableModel } from '../model/build-model.ts';
import { startFromBase } from './base-weights.ts';
import { type MetricsLog, openRunMetrics } from './event-file/run-metrics.ts';
import { type HeldOutLoss, readHeldOutLoss } from './held-out-loss.ts';
import { type MatchedTraining, matchedTraining, matchRecordOf } from './match-flops.ts';
import { hashOfRows, readMetrics } from './metrics-rows.ts';
import { continueProvenance, provenanceOf, writeProvenance } from './provenance.ts';
import {
  checkManifest,
  claimRunDirectory,
  exists,
  openRunDirectory,
  type ResumeMode,
  type RunPaths,
  runPaths,
} from './run-directory.ts';
import { readRunSummary, type TrainingSummary, writeRunSummary } from './run-summary.ts';
import { restoreModel } from './trainer-checkpoint.ts';
import { TrainingLoop, type TrainingProgress } from './training-loop.ts';

/** Where a run is and where its relative paths start. */
export interface RunLocation {
  readonly directory: string;
  /** Folder of the configuration file: data globs and plugin paths start from it. */
  readonly baseDirectory: string;
  readonly signal?: AbortSignal;
}

export interface TrainOptions extends RunLocation {
  /** Default false: refuse a folder that holds a run. */
  readonly resume?: ResumeMode;
  onProgress?(progress: TrainingProgress): void;
  /** While the corpus is tokenized. */
  onPrepare?(doneBytes: number, totalBytes: number): void;
}

/**
 * Trains one experiment in a folder of its own, or finishes a training that was stopped.
 *
 * A finished run is not done again: its summary is returned as it is.
 * @throws RUN_EXISTS, RUN_NOT_FOUND, RUN_MISMATCH, DATA_CHANGED, DISK_FULL, INTERRUPTED, TRAINING_DIVERGED, and what
 * data, plugins and files throw
 */
export async function trainRun(host: Host, experiment: Experiment, options: TrainOptions): Promise<TrainingSummary> {
  const paths = await openRunDirectory(options.directory, experiment, options.resume ?? false);
  if (await exists(paths.summary)) return readRunSummary(paths);
  return withRun(host, experiment, paths, options, async (run) => {
    const trained = await withLoop(host, run, paths, options, async (loop, matched) => {
      const saved = await loop.run();
      return summaryOf(loop, matched, run, relative(paths.root, saved.path));
    });
    const rows = await readMetrics(paths);
    const summary = { ...trained, metricsHash: hashOfRows(rows), timings: timingsOf(rows, trained.tokens) };
    await writeRunSummary(paths, summary);
    return summary;
  });
}

export interface TrainUntilOptions extends TrainOptions {
  /** Of the training's own steps, above 0 and at most 1. */
  readonly share: number;
}

/**
 * Trains one experiment to the first validation at or after a share of its steps, saves it there and returns what that
 * validation gave. {@link trainRun} in the same folder goes on, and ends in the bits of a run that was never stopped.
 *
 * A run that is past that step is not trained: what it wrote down then is returned.
 * @throws what {@link trainRun} throws; FILE_CORRUPT if a run that is past the step lost its metrics; CONFIG_CONFLICT for one
 * that ends by the clock
 */
export async function trainUntil(
  host: Host,
  experiment: Experiment,
  { share, ...options }: TrainUntilOptions,
): Promise<HeldOutLoss> {
  if (experiment.training.minutes !== undefined) throw stoppedByTheClock();
  const paths = await openRunDirectory(options.directory, experiment, options.resume ?? false);
  const isFinished = await exists(paths.summary);
  const settings = isFinished
    ? scaleSteps(experiment.training, (await readRunSummary(paths)).steps)
    : await withRun(host, experiment, paths, options, (run) =>
        withLoop(host, run, paths, options, async (loop, matched) => {
          await loop.run(validationStep(matched.settings, share));
          return matched.settings;
        }),
      );
  return readHeldOutLoss(paths, { step: validationStep(settings, share), steps: settings.steps });
}

const stoppedByTheClock = (): ForetokenError =>
  new ForetokenError(
    'CONFIG_CONFLICT',
    'a training that ends by the clock (training.minutes) has no share of its steps to stop at: nobody knows them before. Give training.steps alone.',
  );

export interface EvaluateOptions extends RunLocation {
  /** Whose training the folder holds, where several experiments share one. Default: `experiment`. */
  readonly trainedAs?: Experiment;
  readonly onProgress?: Progress;
}

/**
 * Runs an experiment's evals on the last checkpoint of a run.
 * @returns outcomes by eval name
 * @throws CHECKPOINT_MISSING, CHECKPOINT_MISMATCH, DATA_CHANGED, and what evals throw
 */
export async function evaluateRun(
  host: Host,
  experiment: Experiment,
  options: EvaluateOptions,
): Promise<{ readonly [evalName: string]: EvalOutcome }> {
  const { signal, onProgress: progress } = options;
  return withTrainedRun(host, experiment, options, async ({ scope, model, data }) => {
    const [tokenizer, decoders, seed] = [scope.get('tokenizer'), scope.get('decoders'), experiment.seed];
    const openSession = () => host.openSession(model);
    const subject = createSubject({ model, tokenizer, data, decoders, openSession, seed, signal, progress });
    return runEvals(subject, scope.get('evals'));
  });
}

/**
 * Gives `use` the model of a run, with the weights of its last checkpoint, and its data; both are gone afterwards.
 * @throws CHECKPOINT_MISSING, CHECKPOINT_MISMATCH, DATA_CHANGED
 */
export async function withTrainedRun<T>(
  host: Host,
  experiment: Experiment,
  options: Omit<EvaluateOptions, 'onProgress'>,
  use: (run: OpenRun) => Promise<T>,
): Promise<T> {
  const { trainedAs = experiment } = options;
  const paths = runPaths(options.directory);
  return withRun(host, experiment, paths, options, async (run) => {
    await checkManifest(paths, run.data.manifest);
    await restoreLatest(run.model, paths, trainedAs);
    return use(run);
  });
}

/**
 * Opens the model of a run with the weights of its last checkpoint. The caller disposes the scope.
 * @throws CHECKPOINT_MISSING, CHECKPOINT_MISMATCH
 */
export async function openTrainedRun(host: Host, experiment: Experiment, location: RunLocation): Promise<RunScope> {
  const scope = await host.openRun(experiment, location.baseDirectory);
  try {
    await restoreLatest(await scope.get('model'), runPaths(location.directory), experiment);
    return scope;
  } catch (error) {
    await scope.dispose();
    throw error;
  }
}

/** An open run with its data. */
export interface OpenRun {
  readonly scope: RunScope;
  readonly model: TrainableModel;
  readonly data: PreparedData;
}

async function withRun<T>(
  host: Host,
  experiment: Experiment,
  paths: RunPaths,
  options: RunLocation & Pick<TrainOptions, 'onPrepare'>,
  use: (run: OpenRun) => Promise<T>,
): Promise<T> {
  const scope = await host.openRun(experiment, options.baseDirectory);
  try {
    const data = await openData(scope, paths, options);
    try {
      return await use({ scope, model: await scope.get('model'), data });
    } finally {
      data.close();
    }
  } finally {
    await scope.dispose();
  }
}

/** One line on the documents that were left out, if any: how many, and why. */
function saySkipped(host: Host, { manifest: { documents, skipped } }: PreparedData): void {
  if (skipped.length === 0) return;
  host.log(`data: ${documents.length} documents, ${skipped.length} left out (${countReasons(skipped)})`);
}

/** Prepared tokens lie beside the run, so that runs in one folder share them. */
function openData(
  scope: RunScope,
  paths: RunPaths,
  { signal, onPrepare }: Pick<TrainOptions, 'signal' | 'onPrepare'>,
): Promise<PreparedData> {
  const { data, model } = scope.experiment;
  return prepareData({
    dataset: scope.get('dataset'),
    tokenizer: scope.get('tokenizer'),
    names: { dataset: asJson(data.dataset), tokenizer: asJson(data.tokenizer) },
    context: data.context,
    maxOffset: model.maxOffset,
    cacheDirectory: join(dirname(paths.root), '.tokens'),
    signal,
    progress: onPrepare,
  });
}

/** Gives `use` the loop of a run, new or where its last checkpoint left it. */
async function withLoop<T>(
  host: Host,
  run: OpenRun,
  paths: RunPaths,
  options: TrainOptions,
  use: (loop: TrainingLoop, matched: MatchedTraining) => Promise<T>,
): Promise<T> {
  await ensureFreeSpace(paths.root, spaceForCheckpoints(run.model.numParameters));
  saySkipped(host, run.data);
  const metrics = await openRunMetrics(paths, run.model.offsets);
  try {
    return await withLoopOver({ metrics, host }, run, paths, options, use);
  } finally {
    await metrics.close();
  }
}

async function withLoopOver<T>(
  { metrics, host }: { readonly metrics: MetricsLog; readonly host: Host },
  run: OpenRun,
  paths: RunPaths,
  options: TrainOptions,
  use: (loop: TrainingLoop, matched: MatchedTraining) => Promise<T>,
): Promise<T> {
  const { scope, model, data } = run;
  const { experiment } = scope;
  const checkpoints = await CheckpointStore.open(paths.checkpoints, {
    configHash: experimentHash(experiment),
    keep: experiment.training.keepCheckpoints,
  });
  const [weighting, horizonSchedule] = [scope.get('weighting'), scope.get('horizonSchedule')];
  const matched = matchedTraining(experiment, model, horizonSchedule);
  model.engine.resetPeak();
  const { signal, onProgress } = options;
  const loop = new TrainingLoop({
    ...{ model, weighting, horizonSchedule, data, metrics, checkpoints, signal, onProgress, clock: host.clock },
    experiment: { ...experiment, training: matched.settings },
  });
  try {
    const last = (await checkpoints.isEmpty()) ? undefined : await checkpoints.latest();
    if (!last) await startAnew(run, metrics, options);
    await claimRunDirectory(paths, experiment);
    await checkManifest(paths, data.manifest);
    await (last ? continueProvenance : writeProvenance)(paths, provenanceOf(scope.registry, model.engine, options));
    if (last) await loop.resume(await checkpoints.load(last.path));
    return await use(loop, matched);
  } finally {
    loop.dispose();
  }
}

/** The first step of a run that has no checkpoint yet: with a base, from the weights of that run. */
async function startAnew({ scope, model }: OpenRun, metrics: MetricsLog, options: RunLocation): Promise<void> {
  const { base } = scope.experiment.model;
  if (base) await startFromBase(model, base, options.baseDirectory);
  await metrics.truncateAfter(() => false);
}

function summaryOf(
  loop: TrainingLoop,
  matched: MatchedTraining,
  { scope, model, data }: OpenRun,
  checkpoint: string,
): Omit<TrainingSummary, 'metricsHash' | 'timings'> {
  const { settings, flops, isUpperBound } = matched;
  const { batch, accumulate, minutes } = settings;
  const steps = minutes === undefined ? settings.steps : loop.trainer.step;
  const tokensPerStep = batch * accumulate * model.dims.context;
  const bytes = (split: 'train' | 'validation') =>
    data.manifest.documents.reduce((sum, document) => sum + (document.split === split ? document.bytes : 0), 0);
  return {
    parameters: model.numParameters,
    layers: model.dims.layers,
    trunkLayers: model.dims.trunkLayers,
    match: matchRecordOf(scope.experiment, model, matched),
    steps,
    skippedSteps: loop.trainer.skippedSteps,
    tokens: steps * tokensPerStep,
    flopsPerToken: flops,
    trainingFlops: steps * tokensPerStep * flops.training,
    ...(isUpperBound && { isTrainingFlopsUpperBound: true }),
    peakBytes: model.engine.memory().peakBytes,
    checkpoint,
    data: {
      contentHash: data.manifest.contentHash,
      trainBytes: bytes('train'),
      validationBytes: bytes('validation'),
    },
  };
}

function timingsOf(rows: readonly JsonObject[], tokens: number): TrainingSummary['timings'] {
  const seconds = rows.reduce((sum, row) => sum + (row.seconds as number), 0);
  return { seconds, tokensPerSecond: seconds > 0 ? tokens / seconds : 0 };
}

async function restoreLatest(model: TrainableModel, paths: RunPaths, trainedAs: Experiment): Promise<void> {
  const store = CheckpointStore.reading(paths.checkpoints, { configHash: experimentHash(trainedAs) });
  restoreModel(model, await store.load((await store.latest()).path));
}

/** Weights and two moments, for the checkpoints that are kept and the one being written. */
function spaceForCheckpoints(numParameters: number): number {
  const numFiles = 4;
  return numFiles * 3 * numParameters * Float32Array.BYTES_PER_ELEMENT;
}

const asJson = (ref: PluginRef): Json => ref as unknown as Json;
