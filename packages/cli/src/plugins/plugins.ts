import { createForetokenHost } from '@foretoken/ablation';
import {
  describeOptions,
  experimentJsonSchema,
  loadExperiment,
  type PluginListing,
  type Registry,
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
  const registry = await registryOf(file);
  if (options.schema) {
    const schema = experimentJsonSchema(registry);
    if (context.isJson) context.printJson(schema);
    else context.print(JSON.stringify(schema, undefined, 2));
  } else if (context.isJson) context.printJson(registry.list());
  else for (const line of linesOf(registry.list())) context.print(line);
  return EXIT.done;
}

async function registryOf(file: string | undefined): Promise<Registry> {
  const { plugins } = await createForetokenHost();
  return file === undefined ? plugins.builtIns : (await loadExperiment(file, { plugins })).registry;
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
