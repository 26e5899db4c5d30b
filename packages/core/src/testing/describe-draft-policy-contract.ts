import type { Json } from '../contracts/json.ts';
import type { Definition, PluginBundle } from '../plugins/define.ts';
import { describeContract } from './describe-contract.ts';
import type { DraftPolicyContractSettings } from './draft-policy/policy-case.ts';
import { draftPolicyContract } from './draft-policy/policy-checks.ts';

/**
 * The draft-policy contract as vitest tests: call it in one line at the top of a test file.
 *
 * ```ts
 * describeDraftPolicyContract(entropy, 'entropy', { limit: 1.5 });
 * ```
 * It takes the policy through made-up generations, with these options and with each of them another one: it grows the
 * frontier alone and stays within what was trained, tells rows apart, forgets them, follows from what it is given, lets no
 * drawn token decide what its neighbours get, and leaves the session empty that it prepares with.
 *
 * @param plugin - the policy, or the bundle that provides it
 * @param name - the policy's name
 * @param options - options to check it with; defaults fill the rest
 */
export function describeDraftPolicyContract(
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>> = {},
  settings: DraftPolicyContractSettings = {},
): void {
  describeContract(draftPolicyContract, plugin, name, options, settings);
}
