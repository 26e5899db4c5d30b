// Weightings and horizon schedules as a run makes and drives them: options checked and defaults filled in by the
// registry, state through JSON between steps as through a checkpoint.
import { createRegistry, PLUGIN_API } from '@foretoken/core';
import type { Definition, HorizonSchedule, Json, Moment, Observed, Stateful, Weighting } from '@foretoken/core/plugin';
import { expect } from 'vitest';

type Options = Readonly<Record<string, Json>>;

const source = { package: '@foretoken/heads', version: '0.0.0', api: PLUGIN_API };

function checked(definition: Definition, options: Options): Record<string, Json> {
  const registry = createRegistry();
  registry.register(definition, source);
  return { ...registry.checkOptions(definition.kind, { ...options, name: definition.name }, 'a test') };
}

/** A weighting with its options' defaults filled in. @throws OPTIONS_INVALID */
export function makeWeighting(definition: Definition<'weighting'>, options: Options = {}, horizon = 3): Weighting {
  return definition.create({ horizon }, checked(definition, options)) as Weighting;
}

/** A horizon schedule with its options' defaults filled in. @throws OPTIONS_INVALID */
export function makeSchedule(
  definition: Definition<'horizon-schedule'>,
  options: Options = {},
  { horizon = 3, costRatio = () => 0.5 as number }: { horizon?: number; costRatio?: (offset: number) => number } = {},
): HorizonSchedule {
  return definition.create({ horizon, costRatio }, checked(definition, options)) as HorizonSchedule;
}

export const TERMS: readonly string[] = ['offset-1', 'offset-2', 'offset-3'];

/** A step in which every term took part, unless said otherwise. */
export function seen(losses: readonly number[], more: Partial<Observed> = {}): Observed {
  return { losses, active: losses.map(() => true), ...more };
}

/** Drives a plugin over what each step shows; @returns its value in each step, and after the last */
export function drive<Value>(
  plugin: Stateful<Json, Value>,
  steps: readonly Observed[],
  { terms = TERMS, numSteps = steps.length }: { terms?: readonly string[]; numSteps?: number } = {},
): Value[] {
  let state = plugin.start(terms);
  const at = (step: number): Moment => ({ step, steps: numSteps });
  const values = steps.map((step, i) => {
    const value = plugin.now(state, at(i));
    state = plugin.learn?.(state, step, at(i)) ?? state;
    const stored = JSON.parse(JSON.stringify(state)) as Json;
    expect(stored).toEqual(state);
    state = stored;
    return value;
  });
  return [...values, plugin.now(state, at(steps.length))];
}

/** Values of a plugin that goes by the step alone, in every step of a run. */
export function overRun<Value>(
  plugin: Stateful<Json, Value>,
  numSteps: number,
  terms: readonly string[] = TERMS,
): Value[] {
  const steps = Array.from({ length: numSteps - 1 }, () => seen(terms.map(() => 1)));
  return drive(plugin, steps, { terms, numSteps });
}

/** Expects every one of these options to be refused by schema. */
export function expectRefused(definition: Definition, refused: readonly Options[]): void {
  for (const options of refused) {
    expect(() => checked(definition, options), JSON.stringify(options)).toThrow(/OPTIONS_INVALID/);
  }
}
