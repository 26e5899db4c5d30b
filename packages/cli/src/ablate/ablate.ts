import {
  type AblationPlan,
  countTrainings,
  createForetokenHost,
  createPreviewer,
  describePlan,
  type PlanCosts,
  planAblation,
  runAblation,
  type WorkerSettings,
  writeReport,
} from '@foretoken/ablation';
import { sealFinished } from '@foretoken/ablation/finished';
import type { Host } from '@foretoken/core';
import type { AblateOptions } from '../commands/ablate.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';
import { planJson, planLines } from './plan-lines.ts';
import { showRun } from './show-run.ts';
import { printSummary } from './summary.ts';
import { trainingSizes } from './time-left.ts';

/** Runs what an ablation has not run yet, then writes and prints its results. */
export async function run(context: CommandContext, [file]: readonly string[], options: AblateOptions): Promise<number> {
  const host = await createForetokenHost();
  try {
    const plan = await planAblation(file, host);
    if (options.plan) {
      const description = await describePlan(plan, host, { onCounted: showCounting(context) });
      if (context.isJson) context.printJson(planJson(plan, description));
      else for (const line of planLines(plan, description)) context.print(line);
      return EXIT.done;
    }
    const costs = await sizesAhead(context, plan, host);
    const shown = showRun(context, {
      ...{ plan, workers: options.workers, now: () => performance.now() },
      sizes: trainingSizes(plan, costs),
    });
    const summary = await runAblation(plan, {
      ...{ host, signal: context.signal, onEvent: shown.onEvent },
      ...{ workers: workersOf(options), failFast: options.failFast },
    }).finally(shown.stop);
    const { html } = await writeReport(plan.directory);
    if (summary.failedCells === 0) await sealFinished(plan);
    printSummary(context, { ...summary, reportHtml: html });
    return summary.failedCells === 0 ? EXIT.done : EXIT.failed;
  } finally {
    await host.dispose();
  }
}

/** Counting makes models. Where that runs code of other packages it is left out: such code belongs in a worker. */
async function sizesAhead(context: CommandContext, plan: AblationPlan, host: Host): Promise<PlanCosts['trainings']> {
  if (plan.trainings.some(({ experiment }) => experiment.plugins.length > 0)) return new Map();
  const preview = createPreviewer(host, plan.baseDirectory);
  return (await countTrainings(plan, preview, { onCounted: showCounting(context) })).trainings;
}

function workersOf({ workers: count, retries, deadline, memory }: AblateOptions): WorkerSettings {
  return {
    ...{ count, retries },
    ...(deadline !== undefined && { deadlineMs: deadline * 1000 }),
    ...(memory !== undefined && { memoryBytes: memory * 2 ** 20 }),
  };
}

/** Making every model takes a while where there are many. */
function showCounting(context: CommandContext): (done: number, total: number) => void {
  const progress = context.progress();
  return (done, total) => progress.update({ label: 'counting', done, total, unit: 'models' });
}
