import { type Engine, type EngineName, openEngine, tf } from '@foretoken/engine';
import type { Json } from '../../contracts/json.ts';
import { buildModel, type TrainableModel } from '../../model/build-model.ts';
import { blocksOfOffset } from '../../model/trunk-layers.ts';
import { type Definition, PLUGIN_API, type PluginBundle } from '../../plugins/define.ts';
import { createRegistry, type Registry } from '../../plugins/registry.ts';
import { createRandom } from '../../random/random.ts';
import { SMALL_TEXT } from './small-text.ts';
import { smallTrunk } from './small-trunk.ts';

/** What the head contract is checked on; the defaults suit most heads. */
export interface HeadContractSettings {
  /** Offsets that the head is asked to predict. Default 3. */
  readonly horizon?: number;
  /** Default `cpu`: plain loops, so that a failure is the head's own. */
  readonly engine?: EngineName;
  /**
   * Options that act only where this suite does not look, such as in decoding past the trained offsets. Every other
   * option must change something, and have a second value to show it by. Default: none.
   */
  readonly actElsewhere?: readonly string[];
  /**
   * Offsets that read an earlier position than the one they stand on. Every other must depend on its own. Default: none.
   */
  readonly readEarlier?: readonly number[];
}

/** A trunk that is checked through the head that shows its states. */
export interface TrunkUnderTest {
  readonly name: string;
  readonly options: Readonly<Record<string, Json>>;
}

/** A head under test: registered like any plugin, with the options it is to be checked with. */
export interface HeadCase {
  readonly name: string;
  /** A trunk under test, in place of the suite's own; the head is then the suite's, and only shows the trunk's states. */
  readonly trunk?: TrunkUnderTest;
  readonly options: Readonly<Record<string, Json>>;
  readonly horizon: number;
  readonly engine: Engine;
  readonly registry: Registry;
  readonly actElsewhere: readonly string[];
  readonly readEarlier: readonly number[];
}

/**
 * Registers a head and opens the engine to check it on.
 *
 * @param plugin - the head, or the bundle that provides it
 * @throws PLUGIN_UNKNOWN, PLUGIN_INVALID, PLUGIN_API if there is no such head to check
 */
export async function openHeadCase(
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>>,
  { horizon = 3, engine = 'cpu', actElsewhere = [], readEarlier = [] }: HeadContractSettings,
): Promise<HeadCase> {
  const registry = createRegistry();
  const source = { package: 'under-test', version: '0.0.0', api: PLUGIN_API };
  registry.register(smallTrunk, { ...source, package: '@foretoken/core/testing' });
  for (const definition of 'provides' in plugin ? plugin.provides : [plugin]) registry.register(definition, source);
  registry.get('head', name);
  return { name, options, horizon, registry, actElsewhere, readEarlier, engine: await openEngine({ name: engine }) };
}

/** What a case is about: the head, or the trunk that is shown through one. */
export function subjectOf({ name, options, trunk }: HeadCase) {
  return trunk ? ({ kind: 'trunk', ...trunk } as const) : ({ kind: 'head', name, options } as const);
}

/** The same case with other options of what it is about. */
export function withOptions(head: HeadCase, options: Readonly<Record<string, Json>>): HeadCase {
  return head.trunk ? { ...head, trunk: { ...head.trunk, options } } : { ...head, options };
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
  const { name, horizon, registry, trunk } = head;
  const options = registry.checkOptions('head', { ...head.options, name }, 'the contract suite’s options');
  const definition = registry.get('head', name);
  const trunkOptions = trunk
    ? registry.checkOptions('trunk', { ...trunk.options, name: trunk.name }, 'the contract suite’s options')
    : { layers: 2 + blocksOfOffset(definition, options, 1) };
  const trunkName = trunk?.name ?? smallTrunk.name;
  const model = buildModel({
    engine,
    trunk: registry.get('trunk', trunkName),
    head: change?.(definition) ?? definition,
    vocabulary: SMALL_TEXT.vocabulary,
    experiment: {
      seed,
      data: { context: SMALL_TEXT.T, dataset: { name: 'none' }, tokenizer: { name: 'none' } },
      model: {
        trunk: { ...trunkOptions, name: trunkName },
        head: { ...options, name, horizon },
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
