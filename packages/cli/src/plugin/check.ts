import { writeFileAtomic } from '@foretoken/core';
import type { EngineName } from '@foretoken/engine';
import { checkPlugin, reportMarkdown, SECTIONS } from '@foretoken/plugin-check';
import type { PluginCheckOptions } from '../commands/plugin.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';
import { reportLines } from './report-lines.ts';

/** Checks a plugin package and prints what was found; fails where that keeps it from being published. */
export async function run(
  context: CommandContext,
  [given]: readonly string[],
  options: PluginCheckOptions,
): Promise<number> {
  const target = given ?? '.';
  const report = await checkPlugin(target, { ...limitsOf(options), ...watched(context) });
  if (options.report !== undefined) await writeFileAtomic(options.report, reportMarkdown(report));
  if (context.isJson) context.printJson(report);
  else if (options.markdown) context.print(reportMarkdown(report).trimEnd());
  else for (const line of reportLines(report, context.colours, process.stdout.columns)) context.print(line);
  return report.ok ? EXIT.done : EXIT.failed;
}

const limitsOf = ({ options: optionsFile, engine, deadline, memory }: PluginCheckOptions) => ({
  optionsFile,
  engines: engine as readonly EngineName[] | undefined,
  ...(deadline !== undefined && { deadlineMs: deadline * 1000 }),
  ...(memory !== undefined && { memoryBytes: memory * 2 ** 20 }),
});

/** Shows how far it is: parts first, then the checks of the contract at work. */
function watched(context: CommandContext) {
  const progress = context.progress();
  const parts = Object.keys(SECTIONS);
  return {
    signal: context.signal,
    onSection: (part: keyof typeof SECTIONS) =>
      progress.update({
        label: 'check',
        done: parts.indexOf(part),
        total: parts.length,
        unit: 'parts',
        note: SECTIONS[part],
      }),
    onContract: ({
      subject,
      title,
      numDone,
      total,
    }: {
      subject: string;
      title: string;
      numDone: number;
      total: number;
    }) => progress.update({ label: subject, done: numDone, total, unit: 'checks', note: title }),
  };
}
