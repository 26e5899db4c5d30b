import path from 'node:path';
import {
  type AblationPlan,
  type AblationSummary,
  createForetokenHost,
  planAblation,
  runAblation,
  writeReport,
} from '@foretoken/ablation';
import type { AblateOptions } from '../commands/ablate.ts';
import { formatTable } from '../output/table.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';
import { samplesOf } from './samples.ts';
import { showEvents } from './show-events.ts';
import { verdictLines } from './verdict-lines.ts';

/** Runs what an ablation has not run yet, then writes and prints its results. */
export async function run(context: CommandContext, [file]: readonly string[], options: AblateOptions): Promise<number> {
  const host = await createForetokenHost();
  try {
    const plan = await planAblation(file, host);
    if (options.plan) {
      printPlan(context, plan);
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

function printPlan(context: CommandContext, { name, directory, arms, cells, trainings }: AblationPlan): void {
  if (context.isJson) {
    const planned = cells.map(({ id, arm, seed, trainingKey }) => ({ id, arm, seed, trainingKey }));
    context.printJson({ name, directory, arms, cells: planned, trainings: trainings.length });
    return;
  }
  const rows = cells.map(({ id, arm, seed, trainingKey }) => [arm, String(seed), trainingKey, id]);
  const columns = [{ title: 'arm' }, { title: 'seed' }, { title: 'training' }, { title: 'cell' }];
  for (const line of formatTable(columns, rows)) context.print(line);
  context.print(`${cells.length} cells, ${trainings.length} trainings, into ${shown(directory)}`);
}

function printSummary(context: CommandContext, { results }: AblationSummary, html: string): void {
  for (const line of verdictLines(results)) context.print(line);
  for (const line of samplesOf(results, context.colours)) context.print(line);
  context.print(`report: ${shown(html)}`);
}

const shown = (folder: string) => path.relative('', folder) || '.';
