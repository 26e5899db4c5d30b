import type { Contract } from '../contract.ts';
import { optionsAreChecked } from '../options/option-checks.ts';
import { keepsNothingElse, usesNoChance } from '../stateful/alone-in-state.ts';
import { resumesExactly, stateIsJson } from '../stateful/json-state.ts';
import { learnLeavesAlone, nowIsPure } from '../stateful/purity.ts';
import { openStatefulCase, type StatefulCase, type StatefulContractSettings } from '../stateful/stateful-case.ts';
import { optionsChangeTraining, trainsOrRefuses } from '../stateful/stateful-options.ts';
import { asksCostsLate, asksForAcceptance } from './acceptance.ts';
import { staysInRange } from './horizons.ts';

/** The contract of horizon schedules. */
export const horizonScheduleContract: Contract<StatefulCase, StatefulContractSettings> = {
  kind: 'horizon-schedule',
  checks: [
    optionsAreChecked,
    trainsOrRefuses,
    optionsChangeTraining('describeHorizonScheduleContract'),
    asksCostsLate,
    stateIsJson,
    staysInRange,
    nowIsPure,
    learnLeavesAlone,
    resumesExactly,
    keepsNothingElse,
    usesNoChance,
    asksForAcceptance,
  ],
  open: openStatefulCase('horizon-schedule'),
};
