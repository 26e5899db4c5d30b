import type { Json } from '../contracts/json.ts';
import { DEFAULTS } from './default-values.ts';
import type { Experiment, ParameterGroup } from './experiment.ts';
import { CONFIG_VERSION } from './experiment.ts';

type Mapping = { readonly [key: string]: Json };

/**
 * Writes out every default of an experiment file, tolerating what is malformed: it passes through unchanged, since the
 * schema has said what is wrong with it already.
 * @param name - for an experiment that has none
 */
export function complete(raw: Json, name: string): Experiment {
  const file = mapping(raw);
  const data = mapping(file.data);
  const completed = {
    formatVersion: CONFIG_VERSION,
    name: file.name ?? name,
    seed: file.seed ?? DEFAULTS.seed,
    engine: { precision: DEFAULTS.precision, ...reference(file.engine, DEFAULTS.engine) },
    plugins: file.plugins ?? [],
    data: {
      dataset: reference(data.dataset),
      tokenizer: reference(data.tokenizer, DEFAULTS.plugins.tokenizer),
      context: data.context ?? DEFAULTS.context,
    },
    ...model(mapping(file.model), mapping(file.training), file),
  };
  // Checked against the schema by the caller; what passed it has this form.
  return completed as unknown as Experiment;
}

function model(given: Mapping, training: Mapping, file: Mapping): Record<string, unknown> {
  const { name: headName, ...headOptions } = reference(given.head, DEFAULTS.plugins.head);
  const head = { name: headName, horizon: DEFAULTS.horizon, ...headOptions };
  return {
    model: {
      ...(given.base === undefined ? {} : { base: given.base }),
      trunk: reference(given.trunk, DEFAULTS.plugins.trunk),
      head,
      readout: given.readout ?? DEFAULTS.readout,
      match: given.match ?? (given.base === undefined ? DEFAULTS.match : DEFAULTS.matchOfBase),
      maxOffset: given.maxOffset ?? head.horizon,
    },
    training: trainingOf(training),
    decoders: decodersOf(file.decoders, head.horizon),
    evals: list(file.evals, DEFAULTS.evals).map((ref) => reference(ref)),
  };
}

function trainingOf(given: Mapping): Record<string, unknown> {
  const steps = Number(given.steps ?? DEFAULTS.training.steps);
  const share = (part: number): number => Math.max(1, Math.ceil(steps * part) || 1);
  return {
    ...DEFAULTS.training,
    warmupSteps: share(0.02),
    checkpointEvery: share(0.1),
    validateEvery: share(0.1),
    ...given,
    ...(given.groups === undefined ? {} : { groups: groupsOf(mapping(given.groups)) }),
    ...(given.distil === undefined ? {} : { distil: { ...DEFAULTS.distil, ...mapping(given.distil) } }),
    weighting: reference(given.weighting, DEFAULTS.plugins.weighting),
    horizonSchedule: reference(given.horizonSchedule, DEFAULTS.plugins.horizonSchedule),
  };
}

const GROUPS: readonly ParameterGroup[] = ['trunk', 'readout', 'head'];

function groupsOf(given: Mapping): Record<string, unknown> {
  return Object.fromEntries(GROUPS.map((group) => [group, { ...DEFAULTS.group, ...mapping(given[group]) }]));
}

/** A horizon of 1 leaves nothing to draft, so `speculative` is a default only above it. */
function decodersOf(given: Json | undefined, horizon: Json): Record<string, unknown> {
  const byDefault: Mapping = horizon === 1 ? { greedy: 'greedy' } : { greedy: 'greedy', speculative: 'speculative' };
  const decoders = Object.entries(given === undefined ? byDefault : mapping(given)).map(([label, value]) => {
    const { rule, policy, sampling, ...own } = reference(value);
    return [
      label,
      {
        ...own,
        rule: reference(rule, DEFAULTS.plugins.rule),
        policy: reference(policy, DEFAULTS.plugins.policy),
        ...(sampling === undefined ? {} : { sampling: mapping(sampling) }),
      },
    ];
  });
  return Object.fromEntries(decoders);
}

/** `name` or `{ name, ...options }` as the latter. */
function reference(value: Json | undefined, fallback?: string): Mapping {
  if (typeof value === 'string') return { name: value };
  const given = mapping(value);
  return fallback === undefined || given.name !== undefined ? given : { name: fallback, ...given };
}

const mapping = (value: Json | undefined): Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : {};

const list = (value: Json | undefined, fallback: readonly Json[]): readonly Json[] =>
  value === undefined ? fallback : Array.isArray(value) ? value : [];
