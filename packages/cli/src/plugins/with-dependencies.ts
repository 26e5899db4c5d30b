import { type Experiment, type Host, type Json, loadSource, sourceOf } from '@foretoken/core';

/**
 * An experiment in which a command line changed names, with the dependencies listed that its plugins are found in: as for a
 * file, what the project depends on need not be listed.
 *
 * @throws PLUGIN_UNKNOWN, OPTIONS_INVALID and whatever else is wrong with it
 */
export async function withDependencies(host: Host, changed: Experiment, baseDirectory: string): Promise<Experiment> {
  const source = sourceOf(changed as unknown as Json, changed.name);
  return (await loadSource(source, baseDirectory, host.plugins)).experiment;
}
