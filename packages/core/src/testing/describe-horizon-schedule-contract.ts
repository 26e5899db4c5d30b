import type { Json } from '../contracts/json.ts';
import type { Definition, PluginBundle } from '../plugins/define.ts';
import { describeContract } from './describe-contract.ts';
import { horizonScheduleContract } from './horizon-schedule/schedule-checks.ts';
import type { StatefulContractSettings } from './stateful/stateful-case.ts';

/**
 * The contract of horizon schedules as vitest tests: call it in one line at the top of a test file.
 *
 * ```ts
 * describeHorizonScheduleContract(staircase, 'staircase', { every: 5 });
 * ```
 * It plays made-up trainings at horizons from 1 to 8 and checks each rule: options are refused or act, states are JSON,
 * horizons are integers in range, `now` and `learn` are pure, a resumed run goes on to the bit, nothing is kept outside the
 * state, acceptance is measured where it is read, costs are asked for when there is a model.
 *
 * @param plugin - the schedule, or the bundle that provides it
 * @param name - the schedule's name
 * @param options - options to check it with, such as intervals of a few steps: trainings have 24; defaults fill the rest
 */
export function describeHorizonScheduleContract(
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>> = {},
  settings: StatefulContractSettings = {},
): void {
  describeContract(horizonScheduleContract, plugin, name, options, settings);
}
