import type { Json } from '../contracts/json.ts';
import type { Definition, PluginBundle } from '../plugins/define.ts';
import type { AcceptanceRuleContractSettings } from './acceptance-rule/rule-case.ts';
import { acceptanceRuleContract } from './acceptance-rule/rule-checks.ts';
import { describeContract } from './describe-contract.ts';

/**
 * The acceptance-rule contract as vitest tests: call it in one line at the top of a test file.
 *
 * ```ts
 * describeAcceptanceRuleContract(typical, 'typical', { epsilon: 0.1 });
 * ```
 * It has the rule judge drafts of many forms, with these options and with each of them another one: what it keeps is a path
 * and a token that may follow, it writes into nothing, remembers nothing, and takes chance from its stream alone. A rule that
 * says it keeps `greedy` is held against greedy decoding token by token; one that keeps `distribution` is enumerated to 1e-12.
 *
 * @param plugin - the rule, or the bundle that provides it
 * @param name - the rule's name
 * @param options - options to check it with; defaults fill the rest
 */
export function describeAcceptanceRuleContract(
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>> = {},
  settings: AcceptanceRuleContractSettings = {},
): void {
  describeContract(acceptanceRuleContract, plugin, name, options, settings);
}
