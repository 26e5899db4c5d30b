import { createForetokenHost } from '@foretoken/ablation';
import {
  type AvailablePlugins,
  describeOptions,
  experimentJsonSchema,
  loadExperiment,
  type PluginListing,
} from '@foretoken/core';
import type { PluginsOptions } from '../commands/plugins.ts';
import { formatTable } from '../output/table.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';

/** Lists every plugin with its options, or prints the schema of an experiment file that may use them. */
export async function run(
  context: CommandContext,
  [file]: readonly string[],
  options: PluginsOptions,
): Promise<number> {
  const { registry, discovery, problems } = await availableTo(file);
  for (const problem of problems) context.say(`Left out: ${problem}`);
  if (options.schema) {
    const schema = experimentJsonSchema(registry);
    if (context.isJson) context.printJson(schema);
    else context.print(JSON.stringify(schema, undefined, 2));
  } else if (context.isJson) context.printJson(registry.list());
  else {
    for (const line of linesOf(registry.list())) context.print(line);
    const found = discovery.packages.map(({ specifier }) => specifier).join(', ');
    if (found !== '') context.print(`\nFound among the dependencies in ${discovery.file}: ${found}`);
  }
  return EXIT.done;
}

interface Available extends Pick<AvailablePlugins, 'registry' | 'discovery'> {
  /** What is wrong with dependencies that would bring plugins; nothing else suffers from it. */
  readonly problems: readonly string[];
}

/** Every plugin that the file, or one in this folder, may use. */
async function availableTo(file: string | undefined): Promise<Available> {
  const { plugins } = await createForetokenHost();
  const available =
    file === undefined ? await plugins.availableTo([], process.cwd()) : await loadExperiment(file, { plugins });
  const { registry, discovery, loadAll } = available;
  const errors = await loadAll();
  return { registry, discovery, problems: [...discovery.problems, ...errors.map(({ message }) => message)] };
}

function linesOf(listings: readonly PluginListing[]): string[] {
  const rows = listings.map((listing) => [
    listing.kind,
    listing.name,
    `${listing.package} ${listing.version}`,
    describeOptions(listing).map(described).join(', '),
  ]);
  return formatTable([{ title: 'kind' }, { title: 'name' }, { title: 'package' }, { title: 'options' }], rows);
}

const described = ({ name, default: value }: { readonly name: string; readonly default?: unknown }) =>
  value === undefined ? name : `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`;
