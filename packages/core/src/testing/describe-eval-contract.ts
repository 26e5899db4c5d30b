import type { Json } from '../contracts/json.ts';
import type { Definition, PluginBundle } from '../plugins/define.ts';
import { describeContract } from './describe-contract.ts';
import type { EvalContractSettings } from './eval/eval-case.ts';
import { evalContract } from './eval/eval-checks.ts';

/**
 * The contract of evals as vitest tests: call it in one line at the top of a test file.
 *
 * ```ts
 * describeEvalContract(confidence, 'confidence', { windows: 4 });
 * ```
 * It measures scripted subjects, usual and unusual ones, and checks each rule: options are refused or act, outcomes survive
 * JSON, results follow from the subject alone and timings stand apart, the signal is obeyed, sessions are closed, the subject
 * is left as it was, no tensor is left behind. The subjects' model is a small real one.
 *
 * @param plugin - the eval, or the bundle that provides it
 * @param name - the eval's name
 * @param options - options to check it with: the subject has a context of 128 and 12 windows; defaults fill the rest
 */
export function describeEvalContract(
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>> = {},
  settings: EvalContractSettings = {},
): void {
  describeContract(evalContract, plugin, name, options, settings);
}
