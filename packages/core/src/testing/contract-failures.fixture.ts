import type { Json } from '../contracts/json.ts';
import type { Definition } from '../plugins/define.ts';
import type { Contract } from './contract.ts';
import type { PluginCase } from './plugin-case.ts';
import { runContract } from './run-contract.ts';

/** Titles of the checks of a contract that a plugin fails, with their messages. */
export async function failuresIn<Case extends PluginCase, Settings>(
  contract: Contract<Case, Settings>,
  definition: Definition,
  options: Readonly<Record<string, Json>>,
  settings: Settings,
): Promise<Map<string, string>> {
  const failed = new Map<string, string>();
  for await (const { title, broken } of runContract(contract, definition, definition.name, options, settings)) {
    if (broken) failed.set(title, broken.message);
  }
  return failed;
}

/** The message of the one check of a contract that a plugin is to fail; undefined if it passes. */
export async function failureOf<Case extends PluginCase, Settings>(
  contract: Contract<Case, Settings>,
  title: string,
  definition: Definition,
  { options = {}, settings = {} as Settings }: { options?: Readonly<Record<string, Json>>; settings?: Settings } = {},
): Promise<string | undefined> {
  const checks = contract.checks.filter((check) => check.title === title);
  return (await failuresIn({ ...contract, checks }, definition, options, settings)).get(title);
}
