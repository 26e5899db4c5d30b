import type { Contract } from '../contract.ts';
import { optionsAreChecked } from '../options/option-checks.ts';
import { keepsNothingElse, usesNoChance } from '../stateful/alone-in-state.ts';
import { resumesExactly, stateIsJson } from '../stateful/json-state.ts';
import { learnLeavesAlone, nowIsPure } from '../stateful/purity.ts';
import { openStatefulCase, type StatefulCase, type StatefulContractSettings } from '../stateful/stateful-case.ts';
import { optionsChangeTraining, trainsOrRefuses } from '../stateful/stateful-options.ts';
import { asksForNorms } from './gradient-norms.ts';
import { givesWeights, leavesSomething } from './weights.ts';

/** The contract of loss weightings. */
export const weightingContract: Contract<StatefulCase, StatefulContractSettings> = {
  kind: 'weighting',
  checks: [
    optionsAreChecked,
    trainsOrRefuses,
    optionsChangeTraining('describeWeightingContract'),
    stateIsJson,
    givesWeights,
    leavesSomething,
    nowIsPure,
    learnLeavesAlone,
    resumesExactly,
    keepsNothingElse,
    usesNoChance,
    asksForNorms,
  ],
  open: openStatefulCase('weighting'),
};
