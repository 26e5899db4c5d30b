import type { AblationPlan, TaskInfo } from '@foretoken/ablation';

/** Counted operations of one training by its key, or tokens where operations are not known: any measure of its size. */
export type TrainingSizes = ReadonlyMap<string, number>;

/** What is known of the work, at a moment. */
export interface WorkSoFar {
  /** Of trainings: size done in this run, and the seconds of a worker that it took, those under way included. */
  readonly trained: { readonly size: number; readonly seconds: number };
  /** Seconds of the measurements done in this run, by kind. */
  readonly measured: { readonly [kind in MeasuringKind]: readonly number[] };
  /** Size of trainings not done. */
  readonly sizeLeft: number;
  /** Measurements not done, by kind; those under way count whole. */
  readonly measurementsLeft: { readonly [kind in MeasuringKind]: number };
  /** Tasks that are carried out at the same time. */
  readonly workers: number;
}

/** Kinds of tasks after a training. */
export type MeasuringKind = Exclude<TaskInfo['kind'], 'train'>;

/** How long a run will still take. */
export interface TimeLeft {
  readonly seconds: number;
  /** Measurements of a kind that none was done of count for nothing. */
  readonly isAtLeast: boolean;
}

/** Seconds of training below which a rate says little: the first steps are slow ones. */
const LEAST_SECONDS = 3;

/**
 * Estimates the time left: trainings by their counted operations and the rate so far, measurements by their mean. What is timed
 * is done alone; all else is divided among the workers.
 *
 * @returns undefined before there is a rate
 */
export function timeLeft({ trained, measured, sizeLeft, measurementsLeft, workers }: WorkSoFar): TimeLeft | undefined {
  if (sizeLeft > 0 && (trained.seconds < LEAST_SECONDS || trained.size <= 0)) return undefined;
  const training = sizeLeft > 0 ? (sizeLeft / trained.size) * trained.seconds : 0;
  const of = (kind: MeasuringKind): number => measurementsLeft[kind] * (mean(measured[kind]) ?? 0);
  const kinds = Object.keys(measurementsLeft) as MeasuringKind[];
  return {
    seconds: (training + of('measure')) / workers + of('time'),
    isAtLeast: kinds.some((kind) => measurementsLeft[kind] > 0 && measured[kind].length === 0),
  };
}

const mean = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Sizes of the trainings of a plan: their counted operations if all are known, their tokens otherwise. */
export function trainingSizes(
  { trainings }: Pick<AblationPlan, 'trainings'>,
  flops: ReadonlyMap<string, { readonly trainingFlops: number }>,
): TrainingSizes {
  const isCounted = trainings.every(({ key }) => flops.has(key));
  return new Map(
    trainings.map(({ key, experiment: { training, data } }) => [
      key,
      isCounted ? flops.get(key)!.trainingFlops : training.steps * training.batch * training.accumulate * data.context,
    ]),
  );
}
