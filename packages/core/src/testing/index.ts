/**
 * Contract suites for plugins, to be called from vitest; sessions and subjects that follow a script.
 *
 * @packageDocumentation
 */

export { hooksOf } from '../plugins/guarded/hooks.ts';
export { afterAllSteps, afterOneStep, type Setting, sampled } from './acceptance-rule/enumerate.ts';
export type { How, Shape } from './acceptance-rule/lazy-draft.ts';
export type { AcceptanceRuleContractSettings } from './acceptance-rule/rule-case.ts';
export {
  ancestral,
  append,
  firstText,
  markovTables,
  randomTables,
  type Tables,
  tokensOf,
} from './acceptance-rule/tables.ts';
export type { DatasetContractSettings } from './dataset/dataset-case.ts';
export type { DecoderContractSettings } from './decoder/decoder-case.ts';
export { describeAcceptanceRuleContract } from './describe-acceptance-rule-contract.ts';
export { describeDatasetContract } from './describe-dataset-contract.ts';
export { describeDecoderContract } from './describe-decoder-contract.ts';
export { describeDraftPolicyContract } from './describe-draft-policy-contract.ts';
export { describeEvalContract } from './describe-eval-contract.ts';
export { describeHeadContract } from './describe-head-contract.ts';
export { describeHorizonScheduleContract } from './describe-horizon-schedule-contract.ts';
export { describeTokenizerContract } from './describe-tokenizer-contract.ts';
export { describeTrunkContract } from './describe-trunk-contract.ts';
export { describeWeightingContract } from './describe-weighting-contract.ts';
export type { DraftPolicyContractSettings } from './draft-policy/policy-case.ts';
export type { EvalContractSettings } from './eval/eval-case.ts';
export type { HeadContractSettings } from './head/head-case.ts';
export { scoredWindow } from './scored-window.ts';
export { greedyDecoder, refusingDecoder, type SpeculativeScript, speculativeDecoder } from './scripted-decoders.ts';
export { certainOf, type ScriptedModel, type ScriptedSession, scriptedSession } from './scripted-session.ts';
export { type ScriptedSubject, type SubjectScript, scriptedSubject, scriptedWindows } from './scripted-subject.ts';
export type { StatefulContractSettings } from './stateful/stateful-case.ts';
export type { TrunkContractSettings } from './trunk/trunk-case.ts';
