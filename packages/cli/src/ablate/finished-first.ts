import { readFinished } from '@foretoken/ablation/finished';
import type { AblateOptions } from '../commands/ablate.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';
import { plannedLine } from './plain-lines.ts';
import { printSummary } from './summary.ts';

/**
 * Shows an ablation that is finished and of which nothing has changed since; plans and runs any other. Only the latter
 * loads plugins, engines and whatever draws reports.
 */
export async function run(
  context: CommandContext,
  operands: readonly string[],
  options: AblateOptions,
): Promise<number> {
  const finished = options.plan ? undefined : await readFinished(operands[0]);
  if (finished) {
    const { arms } = finished.results;
    const cells = arms.reduce((sum, arm) => sum + arm.cells.length, 0);
    const stale = { cells: 0, changed: [] };
    context.say(plannedLine({ type: 'planned', arms: arms.length, cells, reused: cells, stale, tasks: 0 }));
    printSummary(context, finished);
    return EXIT.done;
  }
  const { run: planAndRun } = await import('./ablate.ts');
  return planAndRun(context, operands, options);
}
