import { ForetokenError, isForetokenError } from '@foretoken/core';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import { type AblationEvent, describeTask, type TaskInfo } from './events.ts';
import { takeMachine } from './machine-lock.ts';
import type { Performer } from './performer.ts';
import type { Claim, Scheduler, TaskOutcome } from './scheduler.ts';

/** What the performers of one run share. */
export interface Work {
  readonly plan: AblationPlan;
  readonly scheduler: Scheduler;
  /** Ends the run when a cell fails, in place of going on with the others. */
  readonly failFast: boolean;
  /** Aborts once the run is being stopped: on request, or because results cannot be kept. */
  readonly stop: AbortController;
  clock(): number;
  emit(event: AblationEvent): void;
}

/**
 * Carries out every task that the scheduler hands out, each performer one at a time.
 *
 * Whatever ends one ends all, each after its task is saved.
 * @throws INTERRUPTED once `stop` aborts; what keeping an outcome throws
 */
export async function workThrough(work: Work, performers: readonly Performer[]): Promise<void> {
  let hasFailed = false;
  let number = 0;
  const ends = performers.map(async (performer) => {
    try {
      const next = (): Promise<Claim | undefined> => work.scheduler.claim(performer.pid);
      for (let claim = await next(); claim; claim = await next()) {
        number += 1;
        const task = describeTask(claim.task, work.plan, number, work.scheduler.tasks);
        const isDone = await workOn(claim, task, performer, work);
        if (!isDone && work.failFast) {
          hasFailed = true;
          throw interrupted(work.plan);
        }
      }
    } catch (error) {
      work.scheduler.stop();
      work.stop.abort();
      throw error;
    }
  });
  const settled = await Promise.allSettled(ends);
  const causes = settled.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
  // The one that was not merely stopped by another says why.
  const cause = causes.find(({ code }) => code !== 'INTERRUPTED') ?? causes[0];
  if (cause && (cause.code !== 'INTERRUPTED' || !hasFailed)) throw cause;
}

/** @returns whether the task succeeded */
async function workOn(claim: Claim, task: TaskInfo, performer: Performer, work: Work): Promise<boolean> {
  const { plan, scheduler, stop, emit } = work;
  try {
    const { outcome, seconds } = await performClaim(claim, task, performer, work);
    refuseFullDisk(outcome, plan);
    await scheduler.publish(claim, outcome);
    if (outcome.kind === 'failed') emit({ type: 'failed', task, failure: outcome.failures[0] });
    else emit({ type: 'finished', task, seconds, ...(outcome.kind === 'measured' && { record: outcome.record }) });
    return outcome.kind !== 'failed';
  } catch (cause) {
    await scheduler.release(claim);
    const isOwn = isForetokenError(cause) && cause.code !== 'INTERRUPTED';
    throw isOwn || !stop.signal.aborted ? cause : interrupted(plan, cause);
  }
}

/** No fault of the cell, and every other one would meet it too: nothing is kept as failed for it. */
function refuseFullDisk(outcome: TaskOutcome, { directory }: AblationPlan): void {
  const failure = outcome.kind === 'failed' ? outcome.failures[0] : undefined;
  if (failure?.code !== 'DISK_FULL') return;
  const [, what] = /^(?:DISK_FULL: )?(.*)$/s.exec(failure.message)!;
  throw new ForetokenError(
    'DISK_FULL',
    `${what} What is finished is kept in ${directory}; the same command goes on from there.`,
  );
}

async function performClaim(claim: Claim, task: TaskInfo, performer: Performer, work: Work) {
  const { plan, scheduler, stop, clock, emit } = work;
  stop.signal.throwIfAborted();
  const machine =
    claim.task.kind === 'time' &&
    (await takeMachine({
      ...{ ablation: plan.directory, pid: performer.pid, signal: stop.signal },
      onWait: (holder) => emit({ type: 'waiting', task, holder }),
    }));
  try {
    const startMs = clock();
    emit({ type: 'started', task });
    const outcome: TaskOutcome = await performer.perform(claim.task, {
      onProgress: (progress) => emit({ type: 'progress', task, progress }),
      async onRestart(pid) {
        await scheduler.renew(claim, pid);
        if (machine) await machine.handTo(pid);
      },
    });
    return { outcome, seconds: (clock() - startMs) / 1000 };
  } finally {
    if (machine) await machine.release();
  }
}

function interrupted({ directory }: AblationPlan, cause?: unknown): ForetokenError {
  const message = `stopped on request; what is finished is kept in ${directory}. The same command goes on from there.`;
  return new ForetokenError('INTERRUPTED', message, { cause });
}
