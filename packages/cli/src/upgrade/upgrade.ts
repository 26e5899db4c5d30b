import path from 'node:path';
import { createForetokenHost, type FolderUpgrade, upgradeFolder } from '@foretoken/ablation';
import type { UpgradeCommandOptions } from '../commands/upgrade.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';

/** Brings a folder of an older version to this one, and says what was done. */
export async function run(
  context: CommandContext,
  [folder]: readonly string[],
  { dryRun }: UpgradeCommandOptions,
): Promise<number> {
  const host = await createForetokenHost();
  try {
    const upgrade = await upgradeFolder(host, folder, { dryRun });
    if (context.isJson) context.printJson({ ...upgrade });
    else for (const line of linesOf(upgrade)) context.print(line);
    return EXIT.done;
  } finally {
    await host.dispose();
  }
}

function linesOf({
  directory,
  kind,
  from,
  to,
  outcome,
  backup = '',
  rewritten,
  copied,
  leftOut,
  recordsOnly,
}: FolderUpgrade): string[] {
  const name = path.relative('', directory) || '.';
  if (outcome === 'none') return [`${name}: the ${kind} is of version ${to} already, nothing to do`];
  const old = path.relative('', backup);
  if (outcome === 'finished')
    return [`${name}: finished what was interrupted; the ${kind} is of version ${to}. The old folder: ${old}`];
  const checkpoints = rewritten.filter((file) => file.endsWith('.safetensors')).length;
  const records = rewritten.length - checkpoints;
  const left = leftOut.length > 0 ? `; left out: ${leftOut.join(', ')}` : '';
  const written = `${counted(records, 'record')} and ${counted(checkpoints, 'checkpoint')} written anew`;
  const what = `${written}, ${counted(copied.length, 'file')} copied${left}`;
  const others = recordsOnly.map(
    (run) =>
      `${path.join(name, run)}: its model has other weights today; what is said of it can be read, and nothing goes on from it`,
  );
  const tense = outcome === 'planned' ? 'would go' : 'went';
  const page = kind === 'ablation' && outcome === 'upgraded' ? [`its report: foretoken report ${name}`] : [];
  return [
    `${name}: the ${kind} ${tense} from version ${from} to ${to}: ${what}`,
    `the old folder${outcome === 'planned' ? ' would be' : ''}: ${old}`,
    ...others,
    ...page,
  ];
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
