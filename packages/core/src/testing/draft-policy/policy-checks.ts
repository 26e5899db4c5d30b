import type { Contract } from '../contract.ts';
import { optionsAreChecked } from '../options/option-checks.ts';
import { optionsAct } from '../options/option-forms.ts';
import { worksOrRefuses } from '../options/works-or-refuses.ts';
import { answersOf } from './course.ts';
import { drawnTokensDecideNothing } from './drawn.ts';
import { growsTheFrontier, saysWhetherItIsTimed, staysWithinTrained } from './growth.ts';
import { LEVELS, smallSession } from './heads.ts';
import { letsGoOfRows } from './held-memory.ts';
import { answersTheSame, leavesItsInputsAlone, takesNoChance } from './inputs.ts';
import { createPolicy, type DraftPolicyContractSettings, openPolicyCase, type PolicyCase } from './policy-case.ts';
import { preparesInPeace } from './prepares.ts';
import { forgetsRows, keepsRowsApart } from './rows.ts';

/** All that can be seen of a policy: what it says of itself, and what it drafts in a generation. */
async function shown(of: PolicyCase): Promise<string> {
  const policy = createPolicy(of);
  await policy.prepare?.(smallSession(), { rows: 3, promptTokens: LEVELS });
  return [policy.isTimed ?? false, ...answersOf(policy)].join('\n');
}

/** The check that every option of a policy changes something. */
export const policyOptionsAct = optionsAct(
  shown,
  'nothing of what the policy drafts in a made-up generation',
  'describeDraftPolicyContract',
);

/** The check that a policy drafts, or says what is wrong with its options. */
export const policyWorksOrRefuses = worksOrRefuses(shown);

/** The draft-policy contract. */
export const draftPolicyContract: Contract<PolicyCase, DraftPolicyContractSettings> = {
  kind: 'draft-policy',
  checks: [
    optionsAreChecked,
    policyWorksOrRefuses,
    saysWhetherItIsTimed,
    growsTheFrontier,
    staysWithinTrained,
    leavesItsInputsAlone,
    takesNoChance,
    answersTheSame,
    keepsRowsApart,
    drawnTokensDecideNothing,
    forgetsRows,
    letsGoOfRows,
    preparesInPeace,
    policyOptionsAct,
  ],
  open: openPolicyCase,
};
