// E readout input width, V vocabulary.
import type { Engine, Readout, Tensor1D, Tensor2D } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import { pluginOps } from '@foretoken/engine/plugin-ops';
import type { Experiment } from '../config/experiment.ts';
import { headOptionsOf, optionsOf } from '../config/plugin-options.ts';
import type { Head } from '../contracts/head.ts';
import type { LanguageModel } from '../contracts/model.ts';
import type { Dims, ParamFactory } from '../contracts/parameters.ts';
import type { Trunk, TrunkShape } from '../contracts/trunk.ts';
import type { Definition } from '../plugins/define.ts';
import { attachedTrunk, baseHeadPlace } from './attached-trunk.ts';
import type { ModelSizes } from './match-parameters.ts';
import { type MatchedSizes, sizesOf, withReferenceModel } from './model-sizes.ts';
import { bringsReadouts, refuseOwnReadouts } from './own-readouts.ts';
import { ParameterStore } from './parameter-store.ts';
import { blocksOfOffset } from './trunk-layers.ts';

export interface ModelRequest {
  readonly engine: Engine;
  readonly experiment: Pick<Experiment, 'model' | 'seed' | 'data'>;
  readonly trunk: Definition<'trunk'>;
  readonly head: Definition<'head'>;
  readonly vocabulary: number;
  /** Every weight is 0: a model that is only counted or timed. Default: fresh weights from the experiment's seed. */
  readonly isBlank?: boolean;
  /** Heads of the runs below the experiment's `model.base`, the first run's first; none without one. */
  readonly baseHeads?: readonly Definition<'head'>[];
}

/** A model whose weights can be replaced: what the trainer holds. */
export interface TrainableModel extends LanguageModel {
  readonly store: ParameterStore;
  readonly sizes: MatchedSizes;
  /** Gives `use` the one-token model that this one is compared with, to be counted: all its weights are 0. */
  withReference<T>(use: (reference: LanguageModel) => T): T;
}

/**
 * Builds trunk, head and readouts for one experiment, with fresh weights from its seed.
 *
 * @throws LAYERS_TOO_FEW if the heads would take every block of the trunk, or weigh more than the trunk can give
 * @throws OFFSET_UNSUPPORTED if the head's offsets do not start at 1, ascend, and stay within the horizon, or have gaps
 * though its memory is unrolled
 * @throws CONFIG_CONFLICT if readouts are to be replicated and the head brings its own without declaring it
 */
export function buildModel(request: ModelRequest): TrainableModel {
  const { engine, experiment } = request;
  const store = new ParameterStore(engine, request.isBlank ? undefined : experiment.seed);
  try {
    const sizes = sizesOf(request, createParts);
    const parts = createParts(request, (owner) => store.factory(owner), sizes);
    store.seal();
    const weights = { parameters: store.tensors, numParameters: store.count, store, sizes };
    return {
      ...{ engine, ...parts, ...weights },
      withReference: (use) => withReferenceModel(request, createParts, use),
      dispose: () => store.dispose(),
    };
  } catch (error) {
    store.dispose();
    throw error;
  }
}

/** A model without its weights. */
export type ModelParts = Pick<LanguageModel, 'dims' | 'trunk' | 'head' | 'offsets' | 'readout'>;

/** Makes the parts of a model with weights from anywhere. */
function createParts(request: ModelRequest, param: (owner: string) => ParamFactory, sizes: ModelSizes): ModelParts {
  const { model } = request.experiment;
  const { name: headName, horizon } = model.head;
  const { width } = request.trunk.shape(optionsOf(model.trunk));
  const readoutFor = readouts(param, model, { width, vocabulary: request.vocabulary });
  const { trunk, dims } = createTrunk(request, param, sizes, () => readoutFor(1));
  const head = request.head.create(
    {
      ...{ ops: pluginOps(request.engine.ops), param: param('head') },
      ...{ dims: headDims(dims, sizes), readout: readoutFor(1) },
      embed: (tokens_BT) => trunk.embed(tokens_BT),
    },
    headOptionsOf(model.head),
  );
  const offsets = checkedOffsets(headName, head, horizon);
  const isDeclared = bringsReadouts(request.head, headOptionsOf(model.head));
  if (model.readout === 'replicated' && !isDeclared) refuseOwnReadouts(headName, head, offsets);
  const byOffset = new Map(offsets.map((offset) => [offset, head.readout?.(offset) ?? readoutFor(offset)]));
  // A head that drafts on past the horizon answers for those offsets itself, where it brings readouts.
  const ownReadout = (offset: number) => (head.extends && offset > horizon ? head.readout?.(offset) : undefined);
  const readout = (offset: number) =>
    byOffset.get(offset) ?? ownReadout(offset) ?? extendedReadout(model, offset, readoutFor);
  return { dims, trunk, head, offsets, readout };
}

interface TrunkParts {
  readonly trunk: Trunk;
  /** Sizes of the model whose trunk it is. */
  readonly dims: Dims;
}

/** The trunk itself or, with a base, the base run's trunk with offset 1 of its head. */
function createTrunk(
  request: ModelRequest,
  param: (owner: string) => ParamFactory,
  sizes: ModelSizes,
  readout: () => Readout,
): TrunkParts {
  const { model } = request.experiment;
  const dims = modelDims(request, request.trunk.shape(optionsOf(model.trunk)), sizes);
  if (model.base) return attach(request, model.base.model, dims, param, readout);
  const context = { ops: pluginOps(request.engine.ops), param: param('trunk'), dims };
  return { trunk: request.trunk.create(context, optionsOf(model.trunk)), dims };
}

function attach(
  request: ModelRequest,
  model: Experiment['model'],
  dims: Dims,
  param: (owner: string) => ParamFactory,
  readout: () => Readout,
): TrunkParts {
  const { baseHeads = [], experiment, engine } = request;
  const head = baseHeads[baseHeads.length - 1];
  const base = { ...request, experiment: { ...experiment, model }, head, baseHeads: baseHeads.slice(0, -1) };
  const sizes = sizesOf(base, createParts);
  const below = createTrunk(base, param, sizes, readout);
  const options = headOptionsOf(model.head);
  const place = baseHeadPlace(model);
  const trunkLayers = below.dims.trunkLayers + blocksOfOffset(head, options, 1);
  const trunk = attachedTrunk(
    below.trunk,
    { definition: head, name: model.head.name, options, dims: headDims(below.dims, sizes), place },
    { ops: pluginOps(engine.ops), param: param(`trunk/${place}`), readout: readout(), trunkLayers },
  );
  const ownBlocks = blocksOfOffset(request.head, headOptionsOf(experiment.model.head), 1);
  return { trunk, dims: { ...dims, trunkLayers, layers: trunkLayers + ownBlocks } };
}

/** The sizes as a head sees them: its own blocks may be wider or narrower than the trunk's. */
const headDims = (dims: Dims, { headMlpWidth }: ModelSizes): Dims => ({
  ...dims,
  block: { ...dims.block, mlpWidth: headMlpWidth },
});

function modelDims({ experiment, vocabulary }: ModelRequest, shape: TrunkShape, sizes: ModelSizes): Dims {
  const { maxOffset, head } = experiment.model;
  const { width, layers, block } = shape;
  return {
    ...{ width, layers, block, vocabulary, maxOffset },
    trunkLayers: sizes.trunkLayers,
    lastBlock: { ...block, mlpWidth: sizes.lastMlpWidth },
    horizon: head.horizon,
    context: experiment.data.context,
  };
}

/**
 * Final norm and unembedding: one for all offsets, or one each; offset 1's is the same in both. With a base the further
 * ones start as copies of offset 1's, which the base run has trained.
 */
function readouts(
  paramOf: (owner: string) => ParamFactory,
  { readout: mode, base }: Experiment['model'],
  { width, vocabulary }: Pick<Dims, 'width' | 'vocabulary'>,
): (offset: number) => Readout {
  const made = new Map<number, Readout>();
  const readoutFor = (offset: number): Readout => {
    const key = mode === 'shared' ? 1 : offset;
    const before = made.get(key);
    if (before) return before;
    const like = base && key > 1 ? readoutFor(1) : undefined;
    const param = paramOf(key === 1 ? 'readout' : `readout.${key}`);
    const readout = {
      gain_E: param<Tensor1D>('norm', [width], like?.gain_E ? { kind: 'copy', of: like.gain_E } : { kind: 'ones' }),
      weight_EV: param<Tensor2D>('unembedding', [width, vocabulary], like && { kind: 'copy', of: like.weight_EV }),
    };
    made.set(key, readout);
    return readout;
  };
  return readoutFor;
}

/** The readout of an offset that was not trained: the shared one, or none. */
function extendedReadout(
  { readout, head }: Experiment['model'],
  offset: number,
  readoutFor: (offset: number) => Readout,
): Readout {
  if (readout === 'shared') return readoutFor(offset);
  throw new ForetokenError(
    'OFFSET_UNSUPPORTED',
    `head "${head.name}" does not predict offset ${offset}, so readout: replicated has none for it. Use readout: shared.`,
  );
}

function checkedOffsets(name: string, head: Head, horizon: number): readonly number[] {
  const offsets = (head.offsets ?? Array.from({ length: horizon }, (_, i) => i + 1)).filter((i) => i <= horizon);
  const ascending = offsets.every((offset, i) => Number.isInteger(offset) && (i === 0 || offset > offsets[i - 1]));
  if (offsets[0] !== 1 || !ascending) {
    throw new ForetokenError(
      'OFFSET_UNSUPPORTED',
      `head "${name}": offsets must be integers that start at 1 and ascend, were ${JSON.stringify(head.offsets)}. Mend what the head declares.`,
    );
  }
  if (head.memory === 'unrolled' && offsets[offsets.length - 1] > offsets.length) {
    throw new ForetokenError(
      'OFFSET_UNSUPPORTED',
      `head "${name}": memory: unrolled needs offsets without gaps, were [${offsets}]. ` +
        'Each hangs below the one before: predict those between too, or declare memory: per-offset.',
    );
  }
  return offsets;
}
