import { beforeAll, describe, test } from 'vitest';
import type { Json } from '../contracts/json.ts';
import type { Definition, PluginBundle } from '../plugins/define.ts';
import { type Contract, runCheck } from './contract.ts';
import type { PluginCase } from './plugin-case.ts';

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
    });
    for (const check of contract.checks) test(check.title, () => runCheck(check, subject));
  });
}
