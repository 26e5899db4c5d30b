import {
  compareSides,
  type Difference,
  findSide,
  type MetricVerdict,
  type SideBySide,
} from '@foretoken/ablation/catalogue';
import type { CompareOptions } from '../commands/compare.ts';
import { oneLine } from '../output/one-line.ts';
import { formatTable } from '../output/table.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';
import { factText } from './fact-text.ts';
import { withCatalogue } from './open-runs.ts';

/** Shows what differs between two runs or arms. */
export async function run(
  context: CommandContext,
  [a, b]: readonly string[],
  { index, ablation, metric }: CompareOptions,
): Promise<number> {
  return withCatalogue(context, index, async (catalogue) => {
    const entries = await catalogue.select();
    const sides = [await findSide(a, entries, { ablation }), await findSide(b, entries, { ablation })] as const;
    const metrics = metric && (await Promise.all(metric.map((path) => catalogue.find(path))));
    const compared = compareSides(...sides, metrics);
    if (context.isJson) context.printJson(compared);
    else for (const line of linesOf(compared)) context.print(line);
    return EXIT.done;
  });
}

function linesOf(compared: SideBySide): string[] {
  const { a, b, config, results, timings, verdicts } = compared;
  const labels = [a, b].map(({ label, runs }) => oneLine(runs.length > 1 ? `${label} (${runs.length} seeds)` : label));
  return [
    ...tableOf('configuration', labels, config),
    '',
    ...tableOf('results', labels, results),
    ...(timings.length > 0 ? ['', ...tableOf('timings', labels, timings)] : []),
    ...(verdicts.length > 0
      ? ['', `${labels[1]} against ${labels[0]}, paired by seed:`, ...verdicts.map(verdictLine)]
      : []),
  ];
}

function tableOf(title: string, labels: readonly string[], differences: readonly Difference[]): string[] {
  if (differences.length === 0) return [`${title}: no difference`];
  const hasNumbers = differences.some(({ difference }) => difference !== undefined);
  return formatTable(
    [title, ...labels, ...(hasNumbers ? ['difference'] : [])].map((heading, i) => ({
      title: heading,
      align: i === 0 ? 'left' : 'right',
    })),
    differences.map(({ path, a, b, difference }) => [
      oneLine(path),
      ...[a, b].map(factText),
      ...(hasNumbers ? [difference === undefined ? '' : signed(difference)] : []),
    ]),
  );
}

function verdictLine({
  path,
  verdict,
  pairs,
  plannedPairs,
  difference,
  interval,
  adjustedP,
  smallestEffect,
}: MetricVerdict): string {
  const details = [
    `${pairs} of ${plannedPairs} pairs`,
    ...(difference === undefined ? [] : [`difference ${signed(difference)}`]),
    ...(interval ? [`95% interval ${signed(interval.low)} to ${signed(interval.high)}`] : []),
    ...(adjustedP === undefined ? [] : [`p ${adjustedP < 0.001 ? '< 0.001' : adjustedP.toFixed(3)} corrected`]),
    ...(smallestEffect === undefined ? [] : [`could have seen ${factText(smallestEffect)}`]),
  ];
  return `  ${oneLine(path)}: ${verdict} (${details.join(', ')})`;
}

const signed = (value: number): string => `${value > 0 ? '+' : ''}${factText(value)}`;
