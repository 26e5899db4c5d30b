import type { DraftPolicy } from '../../contracts/decoding.ts';
import type { Json } from '../../contracts/json.ts';
import type { Definition, PluginBundle } from '../../plugins/define.ts';
import { type GivenCase, givenOf, openGivenCase } from '../as-given.ts';
import { type BrokenRule, broken, type ContractCheck } from '../contract.ts';
import { formsOf, isRefusal } from '../options/option-forms.ts';
import type { ContractSettings } from '../plugin-case.ts';
import { LEVELS, smallSession } from './heads.ts';

/** What the draft-policy contract can be told. */
export interface DraftPolicyContractSettings extends ContractSettings {
  /** Whether the policy was told, by the options that it is checked with, to draft past the trained levels. Default false. */
  readonly pastTrained?: boolean;
}

/** A draft policy under test, as it was given. */
export interface PolicyCase extends GivenCase<'draft-policy'> {
  readonly pastTrained: boolean;
}

/** A rule of the draft-policy contract. */
export type PolicyCheck = ContractCheck<PolicyCase>;

/** Registers a policy to check it. */
export function openPolicyCase(
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>>,
  settings: DraftPolicyContractSettings,
): PolicyCase {
  const opened = openGivenCase(plugin, { kind: 'draft-policy', name, options }, settings);
  return { ...opened, pastTrained: settings.pastTrained ?? false };
}

/** A new policy with the options of the case. @throws what its `create` throws */
export function createPolicy(of: PolicyCase): DraftPolicy {
  const { definition, options } = givenOf(of);
  return definition.create({}, options);
}

/** A policy with some options, made anew as often as it is wanted. */
export interface PolicyForm {
  readonly of: PolicyCase;
  /** Whether its options are those of the case. */
  readonly isGiven: boolean;
  /** A new policy, prepared for a generation as they all are. */
  prepared(): Promise<DraftPolicy>;
  /** Its error, with the options where they are not those of the case. */
  broken(fault: string): BrokenRule;
}

/** A check of the policy with the options of the case, and with each of them another one that it does not refuse by a code. */
export const ofEveryForm = (title: string, run: (form: PolicyForm) => void | Promise<void>): PolicyCheck => ({
  title,
  async run(of) {
    for (const { what, of: form } of formsOf(of)) {
      try {
        await run({
          of: form,
          isGiven: what === '',
          prepared: () => prepared(form),
          broken: (fault) => broken(of, `${fault}${what && ` This is${what}.`}`),
        });
      } catch (error) {
        if (what === '' || !isRefusal(error)) throw error;
      }
    }
  },
});

/** On a session that is too small to measure anything in. */
async function prepared(of: PolicyCase): Promise<DraftPolicy> {
  const policy = createPolicy(of);
  await policy.prepare?.(smallSession(), { rows: 3, promptTokens: LEVELS });
  return policy;
}
