// B windows, T positions.
import { createNodes } from '@foretoken/engine';
import { NUM_KEPT } from '../checkpoints/checkpoint-store.ts';
import type { Experiment } from '../config/experiment.ts';
import type { HorizonSchedule } from '../contracts/training.ts';
import { makeBatch } from '../data/make-batch.ts';
import { baseHeadsOf, createHorizonSchedule, createTokenizer, createWeighting } from '../di/create-plugins.ts';
import type { Host } from '../di/host.ts';
import { buildModel, type TrainableModel } from '../model/build-model.ts';
import { costRatioOf } from '../model/cost-ratio.ts';
import { createRandom } from '../random/random.ts';
import type { StepBatch } from './backward/backward.ts';
import { backwardOf } from './backward/backward-of.ts';
import { type MatchedTraining, matchedTraining, matchRecordOf } from './match-flops.ts';
import { discoverTerms } from './objectives.ts';
import type { MatchRecord, TrainingSummary } from './run-summary.ts';
import { Trainer } from './trainer.ts';

/** What a training will say of itself in its summary, as far as it is known before it runs. */
export type TrainingCost = Pick<
  TrainingSummary,
  'parameters' | 'layers' | 'trunkLayers' | 'steps' | 'tokens' | 'flopsPerToken' | 'trainingFlops'
> &
  Pick<TrainingSummary, 'isTrainingFlopsUpperBound'> & {
    /** Of a training that ends by the clock: nobody knows its steps, tokens and operations, which are 0 here. */
    readonly minutes?: number;
    /** Checkpoints that its folder will hold at the end. */
    readonly checkpoints: number;
    /** What they will weigh: weights and two moments each. */
    readonly checkpointBytes: number;
  };

/** A training before it runs: counted, and timed for a moment. */
export interface TrainingPreview {
  readonly cost: TrainingCost;
  /** What its summary will say of its match. */
  readonly match: MatchRecord;
  /** Of its weights, by name: what its checkpoints hold as `model/<name>`. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /**
   * Counted floating-point operations per second of steps on made-up tokens, after one step that warms up.
   * @param limitMs - no step begins after that time; one is timed in any case
   */
  flopsPerSecond(limitMs: number): number;
}

/** A step that takes longer than about a second at a modest rate is timed on fewer windows. */
const MAX_STEP_FLOPS = 20e9;

/**
 * Gives `use` a preview of a training: its model is made with zeros for weights, no data is read, nothing is written.
 *
 * @throws LAYERS_TOO_FEW and whatever else making the model throws
 */
export async function withTrainingPreview<T>(
  host: Pick<Host, 'plugins' | 'openEngine'>,
  experiment: Experiment,
  baseDirectory: string,
  use: (preview: TrainingPreview) => T,
): Promise<T> {
  const registry = await host.plugins.registryFor(experiment.plugins, baseDirectory);
  const model = buildModel({
    ...{ engine: await host.openEngine(experiment.engine), experiment, isBlank: true },
    trunk: registry.get('trunk', experiment.model.trunk.name),
    head: registry.get('head', experiment.model.head.name),
    baseHeads: baseHeadsOf(registry, experiment),
    vocabulary: createTokenizer(registry, experiment).vocabulary,
  });
  try {
    const schedule = createHorizonSchedule(registry, experiment, costRatioOf(model));
    const matched = matchedTraining(experiment, model, schedule);
    const cost = costOf(model, matched);
    const weighting = createWeighting(registry, experiment);
    const flopsPerSecond = (limitMs: number) =>
      timeSteps({ experiment, model, weighting, clock: () => performance.now() }, limitMs);
    const shapes = new Map([...model.parameters].map(([name, { shape }]) => [name, shape]));
    return use({ cost, match: matchRecordOf(experiment, model, matched), shapes, flopsPerSecond });
  } finally {
    model.dispose();
  }
}

function costOf(model: TrainableModel, { settings, flops, isUpperBound }: MatchedTraining): TrainingCost {
  const { batch, accumulate, checkpointEvery, keepCheckpoints = NUM_KEPT, minutes } = settings;
  const isTimed = minutes !== undefined;
  const steps = isTimed ? 0 : settings.steps;
  const tokens = steps * batch * accumulate * model.dims.context;
  // And the best.
  const most = keepCheckpoints + 1;
  const checkpoints = isTimed ? most : Math.min(most, Math.ceil(steps / checkpointEvery));
  return {
    parameters: model.numParameters,
    layers: model.dims.layers,
    trunkLayers: model.dims.trunkLayers,
    ...{ steps, tokens, flopsPerToken: flops },
    ...(isTimed && { minutes }),
    trainingFlops: tokens * flops.training,
    ...(isUpperBound && { isTrainingFlopsUpperBound: true }),
    checkpoints,
    checkpointBytes: checkpoints * 3 * Float32Array.BYTES_PER_ELEMENT * model.numParameters,
  };
}

interface Timed {
  readonly experiment: Experiment;
  readonly model: TrainableModel;
  readonly weighting: ReturnType<typeof createWeighting>;
  clock(): number;
}

function timeSteps({ experiment, model, weighting, clock }: Timed, limitMs: number): number {
  const { training } = experiment;
  const full = fullHorizon(model.dims.horizon);
  const { flops } = matchedTraining({ ...experiment, model: { ...experiment.model, match: 'none' } }, model, full);
  const flopsPerWindow = flops.training * model.dims.context;
  const B = Math.max(1, Math.min(training.batch, Math.floor(MAX_STEP_FLOPS / flopsPerWindow)));
  const made = madeUpBatch(model, B);
  const terms = discoverTerms(model, () => made.batch);
  const trainer = new Trainer({
    ...{ engine: model.engine, model, settings: training, weighting, horizonSchedule: full },
    backward: backwardOf(training.backward),
    terms: terms.map(({ name }) => name),
    valueTerms: terms.filter(({ isValue }) => isValue).map(({ name }) => name),
  });
  try {
    trainer.run([made.batch]);
    const start = clock();
    let steps = 0;
    do {
      trainer.run([made.batch]);
      steps += 1;
    } while (clock() - start < limitMs);
    return (steps * B * flopsPerWindow) / ((clock() - start) / 1000);
  } finally {
    trainer.dispose();
    made.dispose();
  }
}

/** Every step costs the most: what sits out under a schedule is counted by the schedule. */
const fullHorizon = (horizon: number): HorizonSchedule => ({ start: () => null, now: () => horizon });

function madeUpBatch({ dims: { vocabulary, context, maxOffset } }: TrainableModel, B: number) {
  const random = createRandom(0, 'preview');
  const length = context + maxOffset;
  const windows = {
    count: B,
    read: () => ({
      tokens: Int32Array.from({ length }, () => random.integer(vocabulary)),
      document: new Int32Array(length),
    }),
  };
  const tokens = makeBatch(
    windows,
    Array.from({ length: B }, (_, i) => i),
    { context, maxOffset },
  );
  const at = createNodes(tokens);
  const batch: StepBatch = {
    input: { tokens, at, random: createRandom(0, 'preview step') },
    targets: { target: tokens.target, validTargets: () => B * context },
  };
  return { batch, dispose: () => at.dispose() };
}
