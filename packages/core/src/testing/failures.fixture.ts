import type { Json } from '../contracts/json.ts';
import type { Definition } from '../plugins/define.ts';
import { runCheck } from './contract.ts';
import { headContract } from './head/checks.ts';
import { type HeadContractSettings, openHeadCase } from './head/head-case.ts';
import { usualPatience } from './patience.ts';

/** Titles of the checks that a head fails, with their messages. */
export async function failures(
  definition: Definition,
  options: Record<string, Json> = {},
  settings: HeadContractSettings = {},
): Promise<[title: string, message: string][]> {
  const head = await openHeadCase(definition, definition.name, options, settings);
  const failed: [string, string][] = [];
  for (const check of headContract.checks) {
    try {
      await runCheck(check, head, usualPatience());
    } catch (error) {
      failed.push([check.title, (error as Error).message]);
    }
  }
  return failed;
}
