import { type EngineStatus, listEngines } from '@foretoken/engine';
import { formatBytes } from '../output/quantities.ts';
import { formatTable } from '../output/table.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';
import { describeMachine, type Machine } from './machine.ts';
import { checkNode, type NodeCheck } from './node-check.ts';

/** `foretoken doctor --json`. */
export interface Diagnosis extends Machine {
  readonly node: NodeCheck;
  readonly engines: readonly EngineStatus[];
}

/** Says what this machine offers; fails where nothing could run on it. */
export async function run(context: CommandContext): Promise<number> {
  const diagnosis: Diagnosis = {
    node: checkNode(process.versions.node),
    engines: await listEngines(),
    ...(await describeMachine(process.cwd())),
  };
  if (context.isJson) context.printJson(diagnosis);
  else for (const line of linesOf(diagnosis, context)) context.print(line);
  return diagnosis.node.supported && diagnosis.engines.some(({ available }) => available) ? EXIT.done : EXIT.failed;
}

function linesOf({ node, engines, ...machine }: Diagnosis, { colours }: CommandContext): string[] {
  const sign = (isGood: boolean) => (isGood ? colours.green('yes') : colours.red('no'));
  const engineRows = engines.map(({ name, available, detail }) => [name, sign(available), detail]);
  return [
    ...formatTable(
      [{ title: 'machine' }, { title: '' }],
      [
        ['Node', `${node.version} (${node.supported ? 'supported' : colours.red(`needs ${node.needs}`)})`],
        ['platform', machine.platform],
        ['processor', machine.processor],
        ['threads', String(machine.threads)],
        ['memory', `${formatBytes(machine.memory.freeBytes)} free of ${formatBytes(machine.memory.totalBytes)}`],
        ['disk', `${formatBytes(machine.disk.freeBytes)} free at ${machine.disk.folder}`],
      ],
    ),
    '',
    ...formatTable([{ title: 'engine' }, { title: 'available' }, { title: 'why' }], engineRows),
  ];
}
