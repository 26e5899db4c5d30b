import { beforeAll, describe, test } from 'vitest';
import type { Json } from '../contracts/json.ts';
import type { Definition, PluginBundle } from '../plugins/define.ts';
import { type Contract, runCheck } from './contract.ts';
import type { PluginCase } from './plugin-case.ts';

/** For what hangs alone: an author's vitest has five seconds unless told otherwise, which a busy machine takes for a check. */
const TIMEOUT_MS = 300_000;

/** A contract as vitest tests, one for each rule. */
export function describeContract<Case extends PluginCase, Settings>(
  contract: Contract<Case, Settings>,
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>>,
  settings: Settings,
): void {
  describe(`${contract.kind} "${name}" ${JSON.stringify(options)}`, () => {
    let subject: Case;
    beforeAll(async () => {
      subject = await contract.open(plugin, name, options, settings);
    }, TIMEOUT_MS);
    for (const check of contract.checks) test(check.title, () => runCheck(check, subject), TIMEOUT_MS);
  });
}
