import type { Json } from '../contracts/json.ts';
import type { Definition, PluginBundle } from '../plugins/define.ts';
import { describeContract } from './describe-contract.ts';
import type { StatefulContractSettings } from './stateful/stateful-case.ts';
import { weightingContract } from './weighting/weighting-checks.ts';

/**
 * The contract of loss weightings as vitest tests: call it in one line at the top of a test file.
 *
 * ```ts
 * describeWeightingContract(inverse, 'inverse', { rate: 0.1 });
 * ```
 * It plays made-up trainings, with losses and norms of every size and terms that sit out, and checks each rule: options are
 * refused or act, states are JSON, weights are finite and >= 0, `now` and `learn` are pure, a resumed run goes on to the
 * bit, nothing is kept outside the state, gradient norms are asked for where they are read.
 *
 * @param plugin - the weighting, or the bundle that provides it
 * @param name - the weighting's name
 * @param options - options to check it with; defaults fill the rest
 */
export function describeWeightingContract(
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>> = {},
  settings: StatefulContractSettings = {},
): void {
  describeContract(weightingContract, plugin, name, options, settings);
}
