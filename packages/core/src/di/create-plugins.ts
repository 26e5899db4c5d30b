import type { Experiment, PluginRef } from '../config/experiment.ts';
import { optionsOf } from '../config/plugin-options.ts';
import type { Dataset, Tokenizer } from '../contracts/data.ts';
import type { NamedDecoder } from '../contracts/evaluation.ts';
import type { HorizonSchedule, HorizonScheduleContext, Weighting } from '../contracts/training.ts';
import type { NamedEval } from '../evaluation/run-evals.ts';
import type { Definition } from '../plugins/define.ts';
import type { Registry } from '../plugins/registry.ts';

/** The experiment's tokenizer. @throws PLUGIN_FAILED; PLUGIN_INVALID if its vocabulary is not a count */
export function createTokenizer(registry: Registry, { data }: Experiment): Tokenizer {
  return registry.get('tokenizer', data.tokenizer.name).create({}, optionsOf(data.tokenizer));
}

/** The experiment's dataset. @throws PLUGIN_FAILED */
export function createDataset(registry: Registry, { data }: Experiment, baseDirectory: string): Dataset {
  return registry.get('dataset', data.dataset.name).create({ baseDirectory }, optionsOf(data.dataset));
}

/** Heads of the runs that the experiment is attached to, the first run's first. */
export function baseHeadsOf(registry: Registry, { model: { base } }: Pick<Experiment, 'model'>): Definition<'head'>[] {
  return base ? [...baseHeadsOf(registry, base), registry.get('head', base.model.head.name)] : [];
}

/** The experiment's loss weighting. @throws PLUGIN_FAILED */
export function createWeighting(registry: Registry, { model, training }: Experiment): Weighting {
  const { horizon } = model.head;
  return registry.get('weighting', training.weighting.name).create({ horizon }, optionsOf(training.weighting));
}

/**
 * The experiment's horizon schedule.
 * @param costRatio - what an offset of the run's model costs, once there is a model
 * @throws PLUGIN_FAILED
 */
export function createHorizonSchedule(
  registry: Registry,
  { model, training }: Experiment,
  costRatio: HorizonScheduleContext['costRatio'],
): HorizonSchedule {
  const { horizon } = model.head;
  const definition = registry.get('horizon-schedule', training.horizonSchedule.name);
  return definition.create({ horizon, costRatio }, optionsOf(training.horizonSchedule));
}

/** The experiment's decoders with their rules and policies, in its order. @throws PLUGIN_FAILED */
export function createDecoders(registry: Registry, { decoders }: Experiment): NamedDecoder[] {
  return Object.entries(decoders).map(([label, { rule, policy, sampling, ...decoder }]) => ({
    label,
    decoder: registry.get('decoder', decoder.name).create({}, optionsOf(decoder as PluginRef)),
    rule: registry.get('acceptance-rule', rule.name).create({}, optionsOf(rule)),
    policy: registry.get('draft-policy', policy.name).create({}, optionsOf(policy)),
    ...(sampling && { sampling }),
  }));
}

/** The experiment's evals, in its order. @throws PLUGIN_FAILED */
export function createEvals(registry: Registry, { evals }: Experiment): NamedEval[] {
  return evals.map((ref) => ({ name: ref.name, eval: registry.get('eval', ref.name).create({}, optionsOf(ref)) }));
}
