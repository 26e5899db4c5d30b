import type { Json } from '../contracts/json.ts';
import type { Definition, PluginBundle } from '../plugins/define.ts';
import { describeContract } from './describe-contract.ts';
import { headContract } from './head/checks.ts';
import type { HeadContractSettings } from './head/head-case.ts';

/**
 * The head contract as vitest tests: call it in one line at the top of a test file.
 *
 * ```ts
 * describeHeadContract(lowRank, 'low-rank', { rank: 2 });
 * ```
 * It builds small models around the head and checks each rule of the contract: options are refused or act, shapes fit,
 * bits repeat and survive a checkpoint, nothing of the future is seen, decoding in chunks gives what the whole text
 * gives, each offset is trained for its own token, gradients are right, nothing leaks.
 *
 * @param plugin - the head, or the bundle that provides it
 * @param name - the head's name
 * @param options - options to check it with; defaults fill the rest
 */
export function describeHeadContract(
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>> = {},
  settings: HeadContractSettings = {},
): void {
  describeContract(headContract, plugin, name, options, settings);
}
