import type { Json } from '../contracts/json.ts';
import type { Definition, PluginBundle } from '../plugins/define.ts';
import { type BrokenRule, type Contract, runCheck } from './contract.ts';
import { usualPatience } from './patience.ts';
import type { PluginCase } from './plugin-case.ts';

/** What became of one check. */
export interface CheckOutcome {
  /** {@link ContractCheck.title} */
  readonly title: string;
  /** The rule that was broken; undefined: it holds. */
  readonly broken?: BrokenRule;
  readonly ms: number;
}

/**
 * Runs a contract without a test runner: check after check, each however the others end.
 *
 * @param plugin - the definition, or the bundle that provides it
 * @yields each check's outcome as it comes
 * @throws as {@link Contract.open}
 */
export async function* runContract<Case extends PluginCase, Settings>(
  contract: Contract<Case, Settings>,
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>>,
  settings: Settings,
): AsyncGenerator<CheckOutcome> {
  const subject = await contract.open(plugin, name, options, settings);
  const patience = usualPatience();
  for (const check of contract.checks) {
    const startMs = performance.now();
    const broken = await runCheck(check, subject, patience).then(
      () => undefined,
      (error: BrokenRule) => error,
    );
    yield { title: check.title, ms: performance.now() - startMs, ...(broken && { broken }) };
  }
}
