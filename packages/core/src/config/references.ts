import type { PluginKind } from '../plugins/define.ts';
import type { Path } from '../plugins/problems.ts';
import { malformedBase } from './base-form.ts';
import type { BaseRun, DecoderRef, Experiment, PluginRef } from './experiment.ts';

/** A place in an experiment that names a plugin. */
export interface Reference {
  readonly kind: PluginKind;
  readonly path: Path;
  readonly ref: PluginRef;
}

/** Every plugin that an experiment names, in the order of the file format. */
export function referencesOf(experiment: Experiment): Reference[] {
  const { data, model, training, decoders, evals } = experiment;
  return [
    { kind: 'dataset', path: ['data', 'dataset'], ref: data.dataset },
    { kind: 'tokenizer', path: ['data', 'tokenizer'], ref: data.tokenizer },
    { kind: 'trunk', path: ['model', 'trunk'], ref: model.trunk },
    { kind: 'head', path: ['model', 'head'], ref: model.head },
    ...baseReferences(model.base, ['model', 'base']),
    { kind: 'weighting', path: ['training', 'weighting'], ref: training.weighting },
    { kind: 'horizon-schedule', path: ['training', 'horizonSchedule'], ref: training.horizonSchedule },
    ...Object.entries(decoders).flatMap(([label, decoder]) => decoderReferences(label, decoder)),
    ...evals.map((ref, i) => ({ kind: 'eval' as const, path: ['evals', i], ref })),
  ];
}

/** What a base run was made of, and the run that it was attached to itself; nothing where it could not be read. */
function baseReferences(base: Partial<BaseRun> | undefined, path: Path): Reference[] {
  if (!base?.model || !base.tokenizer || malformedBase(base.model, base.tokenizer)) return [];
  const { model, tokenizer } = base;
  return [
    { kind: 'tokenizer', path: [...path, 'tokenizer'], ref: tokenizer },
    { kind: 'trunk', path: [...path, 'model', 'trunk'], ref: model.trunk },
    { kind: 'head', path: [...path, 'model', 'head'], ref: model.head },
    ...baseReferences(model.base, [...path, 'model', 'base']),
  ];
}

function decoderReferences(label: string, decoder: DecoderRef): Reference[] {
  return [
    { kind: 'decoder', path: ['decoders', label], ref: decoder },
    { kind: 'acceptance-rule', path: ['decoders', label, 'rule'], ref: decoder.rule },
    { kind: 'draft-policy', path: ['decoders', label, 'policy'], ref: decoder.policy },
  ];
}

/** A copy of an experiment with other references at the places of {@link referencesOf}. */
export function mapReferences(experiment: Experiment, change: (reference: Reference) => PluginRef): Experiment {
  const copy = structuredClone(experiment);
  for (const reference of referencesOf(experiment)) {
    const parents = reference.path.slice(0, -1);
    const last = reference.path[reference.path.length - 1];
    // biome-ignore lint/suspicious/noExplicitAny: the paths are those that referencesOf gives for this very object
    const holder = parents.reduce<any>((value, key) => value[key], copy);
    // A decoder's rule and policy come after it, and are put back by their own turn.
    const { name, ...options } = change(reference);
    holder[last] = { name, ...reservedOf(reference, holder[last]), ...options };
  }
  return copy;
}

/** What stands beside a plugin's options and is none of them: a head's horizon, a decoder's sampling. */
function reservedOf({ kind }: Reference, current: Record<string, unknown>): Record<string, unknown> {
  if (kind === 'head') return { horizon: current.horizon };
  return kind === 'decoder' && current.sampling !== undefined ? { sampling: current.sampling } : {};
}
