import { type EngineName, openEngine } from '@foretoken/engine';
import type { Json } from '../../contracts/json.ts';
import { type Definition, defineHead, type PluginBundle } from '../../plugins/define.ts';
import type { HeadCase } from '../head/head-case.ts';
import { type ContractSettings, openPluginCase, SUITE } from '../plugin-case.ts';

/** What the trunk contract is checked on; the defaults suit most trunks. */
export interface TrunkContractSettings extends ContractSettings {
  /** Default `cpu`: plain loops, so that a failure is the trunk's own. */
  readonly engine?: EngineName;
}

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

/** Registers a trunk and opens the engine to check it on. */
export async function openTrunkCase(
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>>,
  settings: TrunkContractSettings,
): Promise<HeadCase> {
  const opened = openPluginCase(plugin, { kind: 'trunk', name, options }, settings);
  opened.registry.register(taps, SUITE);
  const engine = await openEngine({ name: settings.engine ?? 'cpu' });
  return { ...opened, shownBy: taps.name, horizon: TAPS.length, readEarlier: [], engine };
}
