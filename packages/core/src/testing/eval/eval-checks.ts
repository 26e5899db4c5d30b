import type { Contract } from '../contract.ts';
import { optionsAreChecked } from '../options/option-checks.ts';
import { optionsAct } from '../options/option-forms.ts';
import { worksOrRefuses } from '../options/works-or-refuses.ts';
import { closesSessions, leavesNoTensors, leavesSubjectAlone, obeysSignal, reportsProgress } from './conduct.ts';
import { type EvalCase, type EvalContractSettings, openEvalCase, shownGuarded } from './eval-case.ts';
import { givesJson, measuresAny } from './outcomes.ts';
import { keepsTimeApart, keepsTimedDraftsApart, repeats } from './reproducible.ts';

/** The contract of evals. */
export const evalContract: Contract<EvalCase, EvalContractSettings> = {
  kind: 'eval',
  checks: [
    optionsAreChecked,
    worksOrRefuses(shownGuarded),
    optionsAct(shownGuarded, 'neither the outcome nor what is asked of the subject', 'describeEvalContract'),
    givesJson,
    measuresAny,
    repeats,
    keepsTimeApart,
    keepsTimedDraftsApart,
    obeysSignal,
    reportsProgress,
    closesSessions,
    leavesSubjectAlone,
    leavesNoTensors,
  ],
  open: openEvalCase,
};
