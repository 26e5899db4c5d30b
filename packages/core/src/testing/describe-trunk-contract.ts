import type { Json } from '../contracts/json.ts';
import type { Definition, PluginBundle } from '../plugins/define.ts';
import { describeContract } from './describe-contract.ts';
import type { TrunkContractSettings } from './trunk/trunk-case.ts';
import { trunkContract } from './trunk/trunk-checks.ts';

/**
 * The trunk contract as vitest tests: call it in one line at the top of a test file.
 *
 * ```ts
 * describeTrunkContract(recurrence, 'gated-recurrence', { width: 8, layers: 2 });
 * ```
 * It builds small models around the trunk and checks each rule of the contract: options are refused or act, taps come as
 * asked, sizes follow `dims`, bits repeat and survive a checkpoint, nothing of the future or of another document is seen,
 * decoding in chunks and beside dropped guesses gives the bits of one token at a time, gradients are right, nothing leaks.
 *
 * @param plugin - the trunk, or the bundle that provides it
 * @param name - the trunk's name
 * @param options - options to check it with, small ones: a width of 8 and two layers; defaults fill the rest
 */
export function describeTrunkContract(
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>>,
  settings: TrunkContractSettings = {},
): void {
  describeContract(trunkContract, plugin, name, options, settings);
}
