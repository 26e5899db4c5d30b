import type { PluginKind } from '../plugins/define.ts';
import { acceptanceRuleContract } from './acceptance-rule/rule-checks.ts';
import type { Contract } from './contract.ts';
import { datasetContract } from './dataset/dataset-checks.ts';
import { decoderContract } from './decoder/decoder-checks.ts';
import { draftPolicyContract } from './draft-policy/policy-checks.ts';
import { evalContract } from './eval/eval-checks.ts';
import { headContract } from './head/checks.ts';
import { horizonScheduleContract } from './horizon-schedule/schedule-checks.ts';
import { tokenizerContract } from './tokenizer/tokenizer-checks.ts';
import { trunkContract } from './trunk/trunk-checks.ts';
import { weightingContract } from './weighting/weighting-checks.ts';

/** A contract whatever its cases and settings are. */
// biome-ignore lint/suspicious/noExplicitAny: each contract's cases go from its `open` to its `checks` alone
export type AnyContract = Contract<any, any>;

/** The contract of every kind of plugin. */
export const CONTRACTS = {
  trunk: trunkContract,
  head: headContract,
  weighting: weightingContract,
  'horizon-schedule': horizonScheduleContract,
  decoder: decoderContract,
  'acceptance-rule': acceptanceRuleContract,
  'draft-policy': draftPolicyContract,
  eval: evalContract,
  tokenizer: tokenizerContract,
  dataset: datasetContract,
} as const satisfies { readonly [Kind in PluginKind]: AnyContract };
