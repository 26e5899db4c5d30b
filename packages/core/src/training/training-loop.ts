import { setImmediate as nextTurn } from 'node:timers/promises';
import { createNodes, type Nodes } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import type { Checkpoint, CheckpointEntry, CheckpointStore } from '../checkpoints/checkpoint-store.ts';
import type { Experiment } from '../config/experiment.ts';
import type { HorizonSchedule, Weighting } from '../contracts/training.ts';
import { makeBatch } from '../data/make-batch.ts';
import type { PreparedData } from '../data/prepare.ts';
import { TrainingOrder } from '../data/training-order.ts';
import { offsetAcceptance } from '../evaluation/label-match.ts';
import { scoreWindows, windowsPerForward } from '../evaluation/score-windows.ts';
import { totalLosses } from '../evaluation/total-losses.ts';
import { FORMAT_VERSION } from '../files/format-version.ts';
import type { TrainableModel } from '../model/build-model.ts';
import { draftSources } from '../model/draft-sources.ts';
import { createRandom } from '../random/random.ts';
import type { StepBatch } from './backward/backward.ts';
import { backwardOf } from './backward/backward-of.ts';
import type { MetricsLog } from './event-file/run-metrics.ts';
import { refuseOtherRows } from './kept-rows.ts';
import { discoverTerms } from './objectives.ts';
import { Trainer, type TrainerParts } from './trainer.ts';
import { restoreTrainer, saveTrainer } from './trainer-checkpoint.ts';

/** What a run shows while it goes. */
export interface TrainingProgress {
  readonly step: number;
  readonly steps: number;
  /** Weighted loss of the last step. */
  readonly loss: number;
  readonly tokensPerSecond: number;
}

export interface LoopParts {
  readonly experiment: Experiment;
  readonly model: TrainableModel;
  readonly weighting: Weighting;
  readonly horizonSchedule: HorizonSchedule;
  readonly data: PreparedData;
  readonly metrics: MetricsLog;
  readonly checkpoints: CheckpointStore;
  readonly signal?: AbortSignal;
  /** Milliseconds. Default: the process' monotonic clock. */
  clock?(): number;
  onProgress?(progress: TrainingProgress): void;
}

/**
 * Trains until the last step, or until the steps have taken as long as they may, writing one line of metrics per step,
 * validating and saving on the way.
 *
 * Everything random follows from (seed, step), and data order from (seed, windows consumed), so that a run resumed from
 * a checkpoint ends in the same bits as one that never stopped.
 */
export class TrainingLoop {
  readonly #parts: LoopParts;
  readonly #trainer: Trainer;
  readonly #order: TrainingOrder;
  #cursor = 0;
  /** Of the steps of the processes before this one, up to the checkpoint it went on from. */
  #secondsBefore = 0;
  #seconds = 0;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    const { model, experiment, weighting, horizonSchedule, data } = parts;
    this.#order = new TrainingOrder({ windows: data.train.count, seed: experiment.seed });
    this.#trainer = new Trainer({
      engine: model.engine,
      model,
      settings: experiment.training,
      weighting,
      horizonSchedule,
      backward: backwardOf(experiment.training.backward),
      ...this.#terms(),
      ...(experiment.training.minutes !== undefined && { stage: () => this.#stage() }),
      acceptance: (offsets) => this.#acceptance(offsets),
    });
  }

  get trainer(): Trainer {
    return this.#trainer;
  }

  /**
   * Goes back to a checkpoint and cuts the metrics to it.
   * @throws FILE_CORRUPT if these are not the metrics of the steps up to it: they stay as they are
   */
  async resume(checkpoint: Checkpoint): Promise<void> {
    const { cursor, seconds = 0 } = restoreTrainer(this.#trainer, checkpoint);
    this.#cursor = cursor;
    this.#secondsBefore = seconds;
    const { terms } = this.#trainer.parts;
    const { lastLosses } = this.#trainer.state();
    const tokens = cursor * this.#parts.model.dims.context;
    await this.#parts.metrics.truncateAfter(
      (row) => (row.step as number) <= checkpoint.step,
      (kept) =>
        refuseOtherRows(kept, checkpoint, { tokens, losses: new Map(terms.map((term, i) => [term, lastLosses[i]])) }),
    );
  }

  /**
   * Runs the steps that are left, or those up to a step: whoever goes on from there ends in the bits of a run that was not
   * stopped, metrics included.
   * @param until - the step to save and stop at; a run that is past it takes none
   * @returns the last checkpoint: that of the step it stopped at
   * @throws INTERRUPTED after saving, when the signal aborts; TRAINING_DIVERGED
   */
  async run(until: number = Number.POSITIVE_INFINITY): Promise<CheckpointEntry> {
    let saved: CheckpointEntry | undefined;
    while (!this.#isOver && this.#trainer.step < until) {
      saved = await this.#oneStep(until);
      await nextTurn();
    }
    return saved ?? (await this.#parts.checkpoints.latest());
  }

  /** Share of the minutes that the steps have taken. */
  get #shareOfMinutes(): number {
    const { minutes = Number.POSITIVE_INFINITY } = this.#parts.experiment.training;
    return (this.#secondsBefore + this.#seconds) / (60 * minutes);
  }

  /** What has been trained up to here is the whole training. */
  get #isOver(): boolean {
    const { steps, minutes } = this.#parts.experiment.training;
    return minutes === undefined ? this.#trainer.step >= steps : this.#shareOfMinutes >= 1;
  }

  #stage(): number {
    const { steps } = this.#parts.experiment.training;
    return Math.min(steps - 1, Math.floor(steps * this.#shareOfMinutes));
  }

  /** Steps of the whole training; of one that ends by the clock, as many as it will come to at this rate. */
  #expectedSteps(): number {
    const { steps, minutes } = this.#parts.experiment.training;
    if (minutes === undefined) return steps;
    const [taken, share] = [this.#trainer.step, this.#shareOfMinutes];
    return share > 0 ? Math.max(taken, Math.round(taken / share)) : taken;
  }

  /** Frees the optimizer's state. */
  dispose(): void {
    this.#trainer.dispose();
  }

  async #oneStep(until: number): Promise<CheckpointEntry | undefined> {
    const { checkpointEvery, validateEvery } = this.#parts.experiment.training;
    const { clock = () => performance.now() } = this.#parts;
    const started = clock();
    const report = this.#withBatches((batches) => this.#trainer.run(batches));
    const seconds = (clock() - started) / 1000;
    this.#seconds += seconds;
    const { step } = report;
    const isLast = this.#isOver;
    const steps = this.#expectedSteps();
    const validation = isLast || step % validateEvery === 0 ? this.#validate() : undefined;
    const { losses, weights, gradientNorms, ...rest } = report;
    const byTerm = (values: Readonly<Record<string, number>>) =>
      Object.keys(values).map((term) => finite(values[term]));
    await this.#parts.metrics.append({
      formatVersion: FORMAT_VERSION,
      ...rest,
      loss: finite(report.loss),
      gradientNorm: finite(report.gradientNorm),
      losses: byTerm(losses),
      weights: byTerm(weights),
      ...(gradientNorms ? { gradientNorms: Object.keys(losses).map((term) => finite(gradientNorms[term])) } : {}),
      terms: Object.keys(losses),
      tokens: this.#cursor * this.#parts.model.dims.context,
      ...(validation ? { validation } : {}),
      seconds,
    });
    this.#trainer.refuseDiverged(report.skipped ? await this.#lastSaved() : undefined);
    this.#parts.onProgress?.({ step, steps, loss: report.loss, tokensPerSecond: this.#tokensPerStep() / seconds });
    const aborted = this.#parts.signal?.aborted === true;
    const isEnd = isLast || step >= until;
    if (!isEnd && !aborted && step % checkpointEvery !== 0) return undefined;
    const entry = await this.#save(validation?.losses[0]);
    if (aborted && !isEnd) {
      throw new ForetokenError(
        'INTERRUPTED',
        `stopped after step ${step} of ${steps}, saved as ${entry.path}. Go on with --resume, or start the same command again.`,
      );
    }
    return entry;
  }

  /** What a diagnosis names: one that cannot be read has its own error when the run goes on. */
  async #lastSaved(): Promise<CheckpointEntry | undefined> {
    return this.#parts.checkpoints.latest().catch(() => undefined);
  }

  async #save(score: number | undefined): Promise<CheckpointEntry> {
    await this.#parts.metrics.flush();
    const isTimed = this.#parts.experiment.training.minutes !== undefined;
    return saveTrainer(this.#parts.checkpoints, this.#trainer, {
      ...{ cursor: this.#cursor, score },
      ...(isTimed && { seconds: this.#secondsBefore + this.#seconds }),
    });
  }

  /** Mean nats per offset on the first held-out windows. */
  #validate(): { losses: number[] } {
    const { model, data, experiment } = this.#parts;
    const count = Math.min(experiment.training.validationWindows, data.validation.count);
    const stride = windowsPerForward(model.dims);
    const scores = [];
    for (let from = 0; from < count; from += stride) {
      const indices = Array.from({ length: Math.min(stride, count - from) }, (_, i) => from + i);
      scores.push(
        ...scoreWindows(model, data.validation, indices, createRandom(experiment.seed, `validation/${from}`)),
      );
    }
    return { losses: [...totalLosses(model.offsets, scores).meanNats] };
  }

  #terms(): Pick<TrainerParts, 'terms' | 'valueTerms'> {
    const found = this.#withBatches(([batch]) => discoverTerms(this.#parts.model, () => batch), { consume: false });
    const terms = found.map(({ name }) => name);
    return { terms, valueTerms: terms.filter((_, i) => found[i].isValue) };
  }

  /** Label match of the coming step's first batch, by one teacher-forced forward. */
  #acceptance(offsets: readonly number[]): readonly (number | null)[] {
    const { model, data, experiment } = this.#parts;
    const windows = this.#order.batchAt(this.#cursor, experiment.training.batch);
    const random = createRandom(experiment.seed, `acceptance/${this.#cursor}`);
    const scores = scoreWindows(model, data.train, windows, random, offsets);
    const drafts = draftSources({ head: model.head, offsets });
    return offsetAcceptance(scores, { offsets, drafts, maxOffset: model.dims.maxOffset });
  }

  /** Makes the coming step's batches, and frees what the forward derived from them. */
  #withBatches<T>(use: (batches: readonly StepBatch[]) => T, { consume = true } = {}): T {
    const { model, data, experiment } = this.#parts;
    const { batch: B, accumulate } = experiment.training;
    const nodes: Nodes[] = [];
    try {
      const tokens = Array.from({ length: accumulate }, (_, i) =>
        makeBatch(data.train, this.#order.batchAt(this.#cursor + i * B, B), model.dims),
      );
      const validTargets = (offset: number) =>
        tokens.reduce((sum, batch) => sum + batch.target(offset).filter((target) => target >= 0).length, 0);
      const batches = tokens.map((batch, i): StepBatch => {
        const at = createNodes(batch);
        nodes.push(at);
        const random = createRandom(experiment.seed, `step/${this.#cursor}/${i}`);
        return { input: { tokens: batch, at, random }, targets: { target: batch.target, validTargets } };
      });
      const result = use(batches);
      if (consume) this.#cursor += B * accumulate;
      return result;
    } finally {
      for (const at of nodes) at.dispose();
    }
  }

  #tokensPerStep(): number {
    const { batch, accumulate } = this.#parts.experiment.training;
    return batch * accumulate * this.#parts.model.dims.context;
  }
}

/** JSON has no NaN: a value that is not finite is kept as null. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
