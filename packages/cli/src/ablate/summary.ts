import path from 'node:path';
import type { AblationResults } from '@foretoken/ablation';
import type { CommandContext } from '../process/context.ts';
import { samplesOf } from './samples.ts';
import { verdictLines } from './verdict-lines.ts';

/** What a finished ablation left. */
export interface Finished {
  readonly directory: string;
  readonly results: AblationResults;
  readonly reportHtml: string;
}

/** Prints the verdict, a sample of every arm that drafted, and where the report is; or all of it as JSON. */
export function printSummary(context: CommandContext, { directory, results, reportHtml: report }: Finished): void {
  if (context.isJson) {
    context.printJson({ directory, report, ...results });
    return;
  }
  for (const line of verdictLines(results)) context.print(line);
  for (const line of samplesOf(results, context.colours)) context.print(line);
  context.print(`report: ${path.relative('', report) || '.'}`);
}
