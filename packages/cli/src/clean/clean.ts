import path from 'node:path';
import { cleanFolder, type FolderCleaning } from '@foretoken/ablation';
import type { CleanCommandOptions } from '../commands/clean.ts';
import { formatBytes } from '../output/quantities.ts';
import { formatTable } from '../output/table.ts';
import { visibleText } from '../output/visible-text.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';

/** Says what a folder can do without, and removes it where that is asked. */
export async function run(
  context: CommandContext,
  [folder]: readonly string[],
  { keepLast, keepEvery, apply }: CleanCommandOptions,
): Promise<number> {
  const cleaning = await cleanFolder(folder, { keepLast, keepEvery, apply });
  if (context.isJson) context.printJson({ ...cleaning });
  else for (const line of linesOf(cleaning, folder, (text) => visibleText(text, context.colours))) context.print(line);
  return EXIT.done;
}

function linesOf(
  { directory, remove, keep, bytes, applied }: FolderCleaning,
  folder: string,
  visible: (text: string) => string,
): string[] {
  const name = path.relative('', directory) || '.';
  const verb = applied ? 'removed' : 'remove';
  const rows = [...remove.map((file) => [verb, file] as const), ...keep.map((file) => ['keep', file] as const)];
  const table = formatTable(
    [{ title: '' }, { title: 'file' }, { title: 'size', align: 'right' }, { title: 'why' }],
    rows.map(([what, file]) => [what, visible(file.path), formatBytes(file.bytes), visible(file.why)]),
  );
  const files = `${remove.length} ${remove.length === 1 ? 'file' : 'files'}, ${formatBytes(bytes)}`;
  if (remove.length === 0) return [...(keep.length > 0 ? table : []), `${name}: nothing to remove`];
  const end = applied
    ? `${name}: ${files} freed`
    : `${name}: ${files} to be freed; nothing was removed: foretoken clean ${folder} --apply`;
  return [...table, end];
}
