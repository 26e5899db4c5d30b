import path from 'node:path';
import {
  type AblationSummary,
  createForetokenHost,
  describePlan,
  planAblation,
  runAblation,
  writeReport,
} from '@foretoken/ablation';
import type { AblateOptions } from '../commands/ablate.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';
import { planJson, planLines } from './plan-lines.ts';
import { samplesOf } from './samples.ts';
import { showEvents } from './show-events.ts';
import { verdictLines } from './verdict-lines.ts';

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
    const summary = await runAblation(plan, { host, signal: context.signal, onEvent: showEvents(context) });
    const { html } = await writeReport(plan.directory);
    if (context.isJson) context.printJson({ directory: plan.directory, report: html, ...summary.results });
    else printSummary(context, summary, html);
    return summary.failedCells === 0 ? EXIT.done : EXIT.failed;
  } finally {
    await host.dispose();
  }
}

/** Making every model takes a while where there are many. */
function showCounting(context: CommandContext): (done: number, total: number) => void {
  const progress = context.progress();
  return (done, total) => progress.update({ label: 'counting', done, total, unit: 'models' });
}

function printSummary(context: CommandContext, { results }: AblationSummary, html: string): void {
  for (const line of verdictLines(results)) context.print(line);
  for (const line of samplesOf(results, context.colours)) context.print(line);
  context.print(`report: ${shown(html)}`);
}

const shown = (folder: string) => path.relative('', folder) || '.';
