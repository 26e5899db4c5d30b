import type { AcceptanceRule, Guarantee, Kept, Tree, Verdict } from '../../contracts/decoding.ts';
import type { Json } from '../../contracts/json.ts';
import type { Random } from '../../contracts/random.ts';
import type { Definition, PluginBundle } from '../../plugins/define.ts';
import { createRandom } from '../../random/random.ts';
import { type GivenCase, givenOf, openGivenCase } from '../as-given.ts';
import { type BrokenRule, broken, type ContractCheck } from '../contract.ts';
import { formsOf, isRefusal } from '../options/option-forms.ts';
import type { ContractSettings } from '../plugin-case.ts';
import { copied, type DraftStep, draftSteps, saidOf } from './draft-steps.ts';

/** What the acceptance-rule contract can be told. */
export type AcceptanceRuleContractSettings = ContractSettings;

/** An acceptance rule under test, as it was given: what the suite throws to leave a run passes through it unchanged. */
export interface RuleCase extends GivenCase<'acceptance-rule'> {
  /** Every step that a rule must be able to judge: a tree with a chosen node comes to no rule that needs drawn ones. */
  steps(rule: AcceptanceRule): readonly DraftStep[];
}

/** A rule of the acceptance-rule contract. */
export type RuleCheck = ContractCheck<RuleCase>;

/** Registers a rule to check it. */
export function openRuleCase(
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>>,
  settings: AcceptanceRuleContractSettings,
): RuleCase {
  const drawn = draftSteps('drawn');
  const all = [...draftSteps('chosen'), ...drawn, ...draftSteps('both')];
  return {
    ...openGivenCase(plugin, { kind: 'acceptance-rule', name, options }, settings),
    steps: ({ needsDrawn }) => (needsDrawn ? drawn : all),
  };
}

/** A new rule with the options of the case. @throws what its `create` throws */
export function createRule(of: RuleCase): AcceptanceRule {
  const { definition, options } = givenOf(of);
  return definition.create({}, options);
}

/** A rule with some options, made anew as often as it is wanted. */
export interface RuleForm extends Pick<RuleCase, 'steps'> {
  readonly create: () => AcceptanceRule;
  /** Its error, with the options where they are not those of the case. */
  broken(fault: string): BrokenRule;
}

/** The rule with the options of the case, and with each of them another one, but for options that it refuses by a code. */
export function ruleForms(of: RuleCase): RuleForm[] {
  return formsOf(of).flatMap(({ what, of: form }) => {
    try {
      createRule(form);
    } catch (error) {
      if (what !== '' && isRefusal(error)) return [];
      throw error;
    }
    return [
      {
        steps: of.steps,
        create: () => createRule(form),
        broken: (fault) => broken(of, `${fault}${what && ` This is${what}.`}`),
      },
    ];
  });
}

/** A check of every form of a rule. */
export const ofEveryForm = (title: string, run: (form: RuleForm) => void): RuleCheck => ({
  title,
  run(of) {
    for (const form of ruleForms(of)) run(form);
  },
});

/** Whether a rule says that it keeps this. */
export const doesKeep = (rule: AcceptanceRule, guarantee: Guarantee): boolean => rule.keeps.includes(guarantee);

/** The stream of random numbers that belongs to a step: the same each time. */
export const streamOf = ({ what }: DraftStep): Random => createRandom(7, what);

/**
 * What a rule keeps of a step; undefined where it refuses the tree by DRAFT_UNSUPPORTED, as it may where a node has
 * siblings.
 */
export function judged(
  rule: AcceptanceRule,
  step: DraftStep,
  given: { readonly tree: Tree; readonly verdict: Verdict } = { tree: copied(step.tree), verdict: saidOf(step) },
): Kept | undefined {
  try {
    return rule.accept(given.tree, given.verdict, streamOf(step));
  } catch (error) {
    if (step.hasSiblings && isRefusal(error)) return undefined;
    throw error;
  }
}
