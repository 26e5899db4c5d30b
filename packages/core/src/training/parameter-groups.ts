import { ForetokenError } from '@foretoken/engine/errors';
import type { Experiment, ParameterGroup } from '../config/experiment.ts';

type Groups = Experiment['training']['groups'];

/** The group that a parameter belongs to: its owner, which its name starts with. */
export function groupOf(parameter: string): ParameterGroup {
  const owner = parameter.slice(0, parameter.indexOf('/'));
  // The readouts of further offsets have names of their own, `readout.2/...`.
  return owner.split('.')[0] as ParameterGroup;
}

/**
 * What the learning rate of each parameter is multiplied by in a step.
 * @param step - steps finished before this one, from 0
 * @returns 0 for a parameter that stays as it is in this step
 */
export function rateIn(groups: Groups, step: number): (parameter: string) => number {
  if (groups === undefined) return () => 1;
  return (parameter) => {
    const { rate, start } = groups[groupOf(parameter)];
    return step < start ? 0 : rate;
  };
}

/**
 * Refuses groups that leave a model nothing to train: those that train have no parameters.
 * @param parameters - full names of the model's parameters
 * @throws CONFIG_CONFLICT naming the groups that have parameters
 */
export function refuseIdle(groups: Groups, parameters: Iterable<string>): void {
  if (groups === undefined) return;
  const present = new Set(Array.from(parameters, groupOf));
  const trains = [...present].some((group) => groups[group].rate > 0 && groups[group].start === 0);
  if (trains) return;
  throw new ForetokenError(
    'CONFIG_CONFLICT',
    `training.groups: nothing trains in the first step. The model has parameters in ${[...present].join(', ')}; give one ` +
      'of these groups a rate above 0 and start: 0.',
  );
}
