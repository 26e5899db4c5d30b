import type { AblationPlan } from '../plan/plan-ablation.ts';
import type { AblationPaths } from './ablation-store.ts';
import { failureOf, recordOf } from './cell-record.ts';
import { createRateMeter, type TaskProgress } from './events.ts';
import type { Laboratory } from './laboratory.ts';
import type { Task, TaskOutcome } from './scheduler.ts';

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
    await context.laboratory.checkCode?.(task.kind === 'train' ? task.cells[0] : task.cell, context.plan.baseDirectory);
    return task.kind === 'train' ? await train(task, context) : await measure(task, context);
  } catch (error) {
    if (context.signal?.aborted) throw error;
    const cells = task.kind === 'train' ? task.cells : [task.cell];
    return { kind: 'failed', failures: cells.map(({ id }) => failureOf(task.kind, id, error)) };
  }
}

async function train({ training }: Task, context: TaskContext): Promise<TaskOutcome> {
  const rate = createRateMeter(context.clock);
  const facts = await context.laboratory.train(training.experiment, {
    ...runOptions(training.key, context),
    onProgress({ step, steps, loss, tokensPerSecond }) {
      context.onProgress({ done: step, total: steps, unit: 'steps', ...rate(step, steps), loss, tokensPerSecond });
    },
  });
  return { kind: 'trained', facts };
}

async function measure(task: Extract<Task, { kind: 'measure' }>, context: TaskContext): Promise<TaskOutcome> {
  const { cell, training, facts } = task;
  const rate = createRateMeter(context.clock);
  const outcomes = await context.laboratory.evaluate(cell.experiment, {
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
