import { type EngineName, openEngine } from '@foretoken/engine';
import type { Json } from '../../contracts/json.ts';
import { type Definition, defineHead, PLUGIN_API, type PluginBundle } from '../../plugins/define.ts';
import { createRegistry } from '../../plugins/registry.ts';
import type { HeadCase } from '../head/head-case.ts';

/** What the trunk contract is checked on; the defaults suit most trunks. */
export interface TrunkContractSettings {
  /** Default `cpu`: plain loops, so that a failure is the trunk's own. */
  readonly engine?: EngineName;
  /** Options that act only where this suite does not look. Every other must change something. Default: none. */
  readonly actElsewhere?: readonly string[];
}

/** A trunk under test, shown by a head of the suite's. */
export type TrunkCase = HeadCase & Required<Pick<HeadCase, 'trunk'>>;

/** The taps that the suite looks at: offset 1 of {@link taps} is the output, offset 2 the state after half of the blocks. */
export const TAPS: readonly [number, number] = [1, 0.5];

/** Gives the trunk's states as they are: checks of hidden states see the trunk's. */
const taps = defineHead({
  name: 'taps',
  create: () => ({
    reads: { taps: [...TAPS] },
    forward: (offset, { trunk }) => trunk[Math.min(offset, TAPS.length) - 1],
  }),
});

/**
 * Registers a trunk and opens the engine to check it on.
 *
 * @param plugin - the trunk, or the bundle that provides it
 * @throws PLUGIN_UNKNOWN, PLUGIN_INVALID, PLUGIN_API if there is no such trunk to check
 */
export async function openTrunkCase(
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>>,
  { engine = 'cpu', actElsewhere = [] }: TrunkContractSettings,
): Promise<TrunkCase> {
  const registry = createRegistry();
  const source = { package: 'under-test', version: '0.0.0', api: PLUGIN_API };
  registry.register(taps, { ...source, package: '@foretoken/core/testing' });
  for (const definition of 'provides' in plugin ? plugin.provides : [plugin]) registry.register(definition, source);
  registry.get('trunk', name);
  return {
    ...{ name: taps.name, options: {}, trunk: { name, options } },
    ...{ horizon: TAPS.length, readEarlier: [], registry, actElsewhere },
    engine: await openEngine({ name: engine }),
  };
}
