import { ForetokenError } from '@foretoken/engine/errors';
import { FORMAT_VERSION } from '../files/format-version.ts';
import type { JsonObject } from '../files/json-file.ts';
import { malformedBase } from './base-form.ts';
import { CONFIG_VERSION, type Experiment } from './experiment.ts';
import type { Source } from './source-map.ts';

/** What a value must be, in the words of a message. */
type Rule = readonly [is: (value: unknown) => boolean, what: string];

/**
 * An experiment as a run's folder has it, once its form is that of one.
 *
 * Its `formatVersion` is that of the run's folder; the experiment has that of configurations again. The form alone:
 * options of plugins are checked where the plugins are made, and what fits what was checked when the run was configured.
 * @param file - for the message
 * @throws FILE_CORRUPT with the first place that is not as it is saved
 */
export function asExperiment(file: string, value: JsonObject): Experiment {
  const malformed = malformedIn(value);
  if (malformed === undefined) return { ...value, formatVersion: CONFIG_VERSION } as unknown as Experiment;
  throw new ForetokenError(
    'FILE_CORRUPT',
    `${file} is no saved experiment: ${malformed}. Restore it, or start the run anew in another folder.`,
  );
}

/**
 * A run's record as the configuration that it says, whose version differs; any other source as it is.
 *
 * It is known by being whole: what somebody writes has not every place written out.
 */
export function asConfiguration(source: Source): Source {
  const { value } = source;
  if (!isObject(value) || value.formatVersion !== FORMAT_VERSION || malformedIn(value as JsonObject) !== undefined)
    return source;
  return { ...source, value: { ...(value as JsonObject), formatVersion: CONFIG_VERSION } };
}

function malformedIn(value: JsonObject): string | undefined {
  const { data, model } = value as { readonly data?: { readonly tokenizer?: unknown }; readonly model?: unknown };
  return malformedPlace(value, PLACES) ?? malformedBase(model, data?.tokenizer);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isPlugin = (value: unknown): boolean => isObject(value) && typeof value.name === 'string' && value.name !== '';

const isDecoder = (value: unknown): boolean =>
  isObject(value) && isPlugin(value) && isPlugin(value.rule) && isPlugin(value.policy);

const atLeast = (minimum: number): Rule => [
  (value) => Number.isSafeInteger(value) && Number(value) >= minimum,
  `an integer >= ${minimum}`,
];
const MAPPING: Rule = [isObject, 'a mapping'];
const PLUGIN: Rule = [isPlugin, 'a plugin'];
const NUMBER: Rule = [(value) => Number.isFinite(value), 'a finite number'];
const TEXT: Rule = [(value) => typeof value === 'string', 'a text'];
const listOf = (is: (value: unknown) => boolean, what: string): Rule => [
  (value) => Array.isArray(value) && value.every(is),
  `a list of ${what}`,
];
const optional = ([is, what]: Rule): Rule => [(value) => value === undefined || is(value), `${what}, if anything`];

/** Every place of a saved experiment but those of its model, outer ones first. */
const PLACES: readonly (readonly [place: string, rule: Rule])[] = [
  ['name', TEXT],
  ['seed', atLeast(0)],
  ['engine', MAPPING],
  ['engine.name', TEXT],
  ['engine.precision', TEXT],
  ['plugins', listOf((value) => typeof value === 'string', 'names')],
  ['data', MAPPING],
  ['data.dataset', PLUGIN],
  ['data.tokenizer', PLUGIN],
  ['data.context', atLeast(1)],
  ['training', MAPPING],
  ...['steps', 'batch', 'accumulate', 'checkpointEvery', 'validateEvery', 'validationWindows'].map(
    (name) => [`training.${name}`, atLeast(1)] as const,
  ),
  ['training.warmupSteps', atLeast(0)],
  ...['learningRate', 'finalLearningRate', 'beta1', 'beta2', 'epsilon', 'weightDecay', 'clip'].map(
    (name) => [`training.${name}`, NUMBER] as const,
  ),
  ['training.minutes', optional(NUMBER)],
  ['training.keepCheckpoints', optional(atLeast(2))],
  ['training.weighting', PLUGIN],
  ['training.horizonSchedule', PLUGIN],
  ['training.backward', [(value) => value === 'sequential' || value === 'joint', 'sequential or joint']],
  ['decoders', [(value) => isObject(value) && Object.values(value).every(isDecoder), 'a mapping of decoders']],
  ['evals', listOf(isPlugin, 'plugins')],
];

function malformedPlace(value: JsonObject, places: typeof PLACES): string | undefined {
  for (const [place, [is, what]] of places) {
    const found = place.split('.').reduce<unknown>((outer, key) => (isObject(outer) ? outer[key] : undefined), value);
    if (!is(found)) return `${place} must be ${what}`;
  }
  return undefined;
}
