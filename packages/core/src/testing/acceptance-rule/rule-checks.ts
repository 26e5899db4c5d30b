import type { Contract } from '../contract.ts';
import { optionsAreChecked } from '../options/option-checks.ts';
import { optionsAct } from '../options/option-forms.ts';
import { worksOrRefuses } from '../options/works-or-refuses.ts';
import { declaresWhatItKeeps } from './declares.ts';
import { keepsDistribution } from './distribution.ts';
import { asksAboutItsNodes, emitsNothingBanned, keepsAPath, keepsGreedy, leavesItsInputsAlone } from './kept-path.ts';
import { answersTheSame, knowsChosenNodes, takesChanceFromItsStream } from './repeats.ts';
import { type AcceptanceRuleContractSettings, createRule, judged, openRuleCase, type RuleCase } from './rule-case.ts';

/** All that can be seen of a rule: what it says of itself, and what it keeps of every step. */
function shown(of: RuleCase): string {
  const rule = createRule(of);
  const kept = of.steps(rule).map((step) => judged(rule, step));
  return JSON.stringify([rule.keeps, rule.needsDrawn, kept.map((one) => one && [[...one.path], one.next])]);
}

/** The check that every option of a rule changes something. */
export const ruleOptionsAct = optionsAct(
  shown,
  'neither what the rule says that it keeps nor what it keeps of 192 drafts',
  'describeAcceptanceRuleContract',
);

/** The check that a rule judges, or says what is wrong with its options. */
export const ruleWorksOrRefuses = worksOrRefuses(shown);

/** The acceptance-rule contract. */
export const acceptanceRuleContract: Contract<RuleCase, AcceptanceRuleContractSettings> = {
  kind: 'acceptance-rule',
  checks: [
    optionsAreChecked,
    ruleWorksOrRefuses,
    declaresWhatItKeeps,
    asksAboutItsNodes,
    keepsAPath,
    emitsNothingBanned,
    leavesItsInputsAlone,
    answersTheSame,
    takesChanceFromItsStream,
    knowsChosenNodes,
    keepsGreedy,
    keepsDistribution,
    ruleOptionsAct,
  ],
  open: openRuleCase,
};
