import type { AblationPlan } from '../plan/plan-ablation.ts';
import type { AblationPaths } from './ablation-store.ts';
import { failureOf, recordOf } from './cell-record.ts';
import { createRateMeter, type TaskProgress } from './events.ts';
import type { Laboratory, TrainingOptions } from './laboratory.ts';
import { cellsOf, type MeasuringTask, type Task, type TaskOutcome } from './scheduler.ts';
import type { TrainTask } from './training-queue.ts';

/** What a task is carried out with. */
export interface TaskContext {
  readonly plan: Pick<AblationPlan, 'baseDirectory'>;
  readonly paths: AblationPaths;
  readonly laboratory: Laboratory;
  readonly signal?: AbortSignal;
  /** Milliseconds. */
  clock(): number;
  onProgress(progress: TaskProgress): void;
}

/**
 * Carries out one task.
 *
 * @returns what became of it; an error of the work is an outcome
 * @throws what stopped it, if the signal is aborted: a task that was stopped has not failed
 */
export async function performTask(task: Task, context: TaskContext): Promise<TaskOutcome> {
  try {
    await context.laboratory.checkCode?.(cellsOf(task)[0], context.plan.baseDirectory);
    return task.kind === 'train' ? await train(task, context) : await measure(task, context);
  } catch (error) {
    if (context.signal?.aborted) throw error;
    return { kind: 'failed', failures: cellsOf(task).map(({ id }) => failureOf(task.kind, id, error)) };
  }
}

async function train({ training, until: share }: TrainTask, context: TaskContext): Promise<TaskOutcome> {
  const { laboratory, clock, onProgress } = context;
  const rate = createRateMeter(clock);
  const options: TrainingOptions = {
    ...runOptions(training.key, context),
    onProgress({ step, steps, loss, tokensPerSecond }) {
      onProgress({ done: step, total: steps, unit: 'steps', ...rate(step, steps), loss, tokensPerSecond });
    },
  };
  if (share === undefined) return { kind: 'trained', facts: await laboratory.train(training.experiment, options) };
  return { kind: 'reached', loss: await laboratory.trainUntil(training.experiment, { ...options, share }) };
}

async function measure({ kind, cell, training, facts }: MeasuringTask, context: TaskContext): Promise<TaskOutcome> {
  const rate = createRateMeter(context.clock);
  const evals = cell.experiment.evals.filter(({ name }) => cell.alone.includes(name) === (kind === 'time'));
  const experiment = { ...cell.experiment, evals };
  const outcomes = await context.laboratory.evaluate(experiment, {
    ...runOptions(training.key, context),
    trainedAs: training.experiment,
    onProgress(done, total, what) {
      context.onProgress({ done, total, unit: 'evals', ...rate(done, total), ...(what === undefined ? {} : { what }) });
    },
  });
  return { kind: 'measured', record: recordOf(cell, training, facts, outcomes) };
}

function runOptions(key: string, { plan, paths, signal }: TaskContext) {
  return { directory: paths.training(key), baseDirectory: plan.baseDirectory, signal };
}
