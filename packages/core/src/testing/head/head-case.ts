import { type Engine, type EngineName, openEngine, tf } from '@foretoken/engine';
import type { Json } from '../../contracts/json.ts';
import { buildModel, type TrainableModel } from '../../model/build-model.ts';
import { blocksOfOffset } from '../../model/trunk-layers.ts';
import type { Definition, PluginBundle } from '../../plugins/define.ts';
import { createRandom } from '../../random/random.ts';
import type { ContractCheck } from '../contract.ts';
import { type ContractSettings, definitionOf, openPluginCase, type PluginCase, SUITE } from '../plugin-case.ts';
import { SMALL_TEXT } from './small-text.ts';
import { smallTrunk } from './small-trunk.ts';

/** What the head contract is checked on; the defaults suit most heads. */
export interface HeadContractSettings extends ContractSettings {
  /** Offsets that the head is asked to predict. Default 3. */
  readonly horizon?: number;
  /** Default `cpu`: plain loops, so that a failure is the head's own. */
  readonly engine?: EngineName;
  /**
   * Offsets that read an earlier position than the one they stand on. Every other must depend on its own. Default: none.
   */
  readonly readEarlier?: readonly number[];
}

/**
 * A head under test; or a trunk, which the suite's own head {@link HeadCase.shownBy} shows the states of.
 */
export interface HeadCase extends PluginCase {
  /** The head that shows the trunk under test; undefined where a head is what is checked. */
  readonly shownBy?: string;
  readonly horizon: number;
  readonly engine: Engine;
  readonly readEarlier: readonly number[];
}

/** One rule that a head, or a trunk shown by one, is held to. */
export type HeadCheck = ContractCheck<HeadCase>;

/** Registers a head and opens the engine to check it on. */
export async function openHeadCase(
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>>,
  settings: HeadContractSettings,
): Promise<HeadCase> {
  const { horizon = 3, engine = 'cpu', readEarlier = [] } = settings;
  const opened = openPluginCase(plugin, { kind: 'head', name, options }, settings);
  opened.registry.register(smallTrunk, SUITE);
  return { ...opened, horizon, readEarlier, engine: await openEngine({ name: engine }) };
}

/** How a small model differs from the usual one. */
export interface SmallModelOptions {
  /** Stands in for the case's engine. */
  readonly engine?: Engine;
  /** Default `replicated`, so that each offset's is seen by itself. */
  readonly readout?: 'replicated' | 'shared';
  readonly seed?: number;
  /** Default true; false leaves the weights where they start. */
  readonly isShaken?: boolean;
  /** Stands in for the head's definition. */
  readonly change?: (definition: Definition<'head'>) => Definition<'head'>;
}

/**
 * A small model with the head under test.
 *
 * Its weights are moved away from where they start, by the same random step each time: a weight that starts at zero
 * would hide what flows through it.
 */
export function buildSmallModel(
  head: HeadCase,
  { engine = head.engine, readout = 'replicated', seed = 1, isShaken = true, change }: SmallModelOptions = {},
): TrainableModel {
  const { horizon, registry } = head;
  const headName = head.shownBy ?? head.subject.name;
  const definition = registry.get('head', headName);
  const { options } = head.shownBy === undefined ? definitionOf(head, 'head') : { options: {} };
  const trunk =
    head.shownBy === undefined
      ? { name: smallTrunk.name, layers: 2 + blocksOfOffset(definition, options, 1) }
      : { ...definitionOf(head, 'trunk').options, name: head.subject.name };
  const model = buildModel({
    engine,
    trunk: registry.get('trunk', trunk.name),
    head: change?.(definition) ?? definition,
    vocabulary: SMALL_TEXT.vocabulary,
    experiment: {
      seed,
      data: { context: SMALL_TEXT.T, dataset: { name: 'none' }, tokenizer: { name: 'none' } },
      model: {
        trunk,
        head: { ...options, name: headName, horizon },
        readout,
        match: 'none',
        maxOffset: horizon,
      },
    },
  });
  if (isShaken) shake(model);
  return model;
}

/** Weights of one size whatever they start from: large enough to bend the loss, small enough for finite differences. */
function shake(model: TrainableModel): void {
  for (const [name, weight] of model.parameters) {
    const random = createRandom(2, `contract/${name}`);
    const keeps = weight.rank > 1 ? 0 : 1;
    const values = Float32Array.from(weight.dataSync(), (value) => keeps * value + 0.3 * random.normal());
    model.store.replace(name, tf.tensor(values, weight.shape));
  }
}
