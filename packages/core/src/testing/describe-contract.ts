import { beforeAll, describe, test } from 'vitest';
import type { Json } from '../contracts/json.ts';
import type { Definition, PluginBundle } from '../plugins/define.ts';
import { type Contract, runCheck } from './contract.ts';
import { usualPatience } from './patience.ts';
import type { PluginCase } from './plugin-case.ts';

/** An author's vitest has five seconds unless told otherwise, which a busy machine takes for a check. */
const LEAST_MS = 60_000;

/** What vitest keeps for the tests of a file. */
type Worker = { readonly config?: { readonly testTimeout?: number } };

/**
 * Time of one check: the author's `testTimeout` where that is longer than a minute. For hooks that go on for ever; those
 * that wait for ever are given up sooner, and named.
 */
export function checkTimeoutMs(
  worker: Worker | undefined = (globalThis as { __vitest_worker__?: Worker }).__vitest_worker__,
): number {
  const own = worker?.config?.testTimeout ?? LEAST_MS;
  // 0 is vitest's word for no limit.
  return own === 0 ? 0 : Math.max(LEAST_MS, own);
}

/** A contract as vitest tests, one for each rule. */
export function describeContract<Case extends PluginCase, Settings>(
  contract: Contract<Case, Settings>,
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>>,
  settings: Settings,
): void {
  const timeoutMs = checkTimeoutMs();
  describe(`${contract.kind} "${name}" ${JSON.stringify(options)}`, () => {
    let subject: Case;
    beforeAll(async () => {
      subject = await contract.open(plugin, name, options, settings);
    }, timeoutMs);
    const patience = usualPatience();
    for (const check of contract.checks) test(check.title, () => runCheck(check, subject, patience), timeoutMs);
  });
}
