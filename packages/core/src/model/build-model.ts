// E readout input width, V vocabulary.
import type { Engine, Readout, Tensor1D, Tensor2D } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import type { Experiment } from '../config/experiment.ts';
import type { Head } from '../contracts/head.ts';
import type { LanguageModel } from '../contracts/model.ts';
import type { Dims } from '../contracts/parameters.ts';
import type { TrunkShape } from '../contracts/trunk.ts';
import type { Definition } from '../plugins/define.ts';
import { ParameterStore } from './parameter-store.ts';
import { trunkLayersOf } from './trunk-layers.ts';

export interface ModelRequest {
  readonly engine: Engine;
  readonly experiment: Pick<Experiment, 'model' | 'seed' | 'data'>;
  readonly trunk: Definition<'trunk'>;
  readonly head: Definition<'head'>;
  readonly vocabulary: number;
}

/** A model whose weights can be replaced: what the trainer holds. */
export interface TrainableModel extends LanguageModel {
  readonly store: ParameterStore;
}

/**
 * Builds trunk, head and readouts for one experiment, with fresh weights from its seed.
 *
 * @throws LAYERS_TOO_FEW if the heads would take every block of the trunk
 * @throws OFFSET_UNSUPPORTED if the head's offsets do not start at 1, ascend, and stay within the horizon
 */
export function buildModel(request: ModelRequest): TrainableModel {
  const { engine, experiment } = request;
  const store = new ParameterStore(engine, experiment.seed);
  try {
    const parts = createParts(request, store);
    store.seal();
    const weights = { parameters: store.tensors, numParameters: store.count, store };
    return { engine, ...parts, ...weights, dispose: () => store.dispose() };
  } catch (error) {
    store.dispose();
    throw error;
  }
}

type Parts = Pick<LanguageModel, 'dims' | 'trunk' | 'head' | 'offsets' | 'readout'>;

function createParts(request: ModelRequest, store: ParameterStore): Parts {
  const { ops } = request.engine;
  const { model } = request.experiment;
  const { name: _trunkName, ...trunkOptions } = model.trunk;
  const { name: headName, horizon, ...headOptions } = model.head;
  const dims = modelDims(request, request.trunk.shape(trunkOptions));
  const trunk = request.trunk.create({ ops, param: store.factory('trunk'), dims }, trunkOptions);
  const readoutFor = readouts(store, model.readout, dims);
  const head = request.head.create(
    { ops, param: store.factory('head'), dims, embed: (tokens_BT) => trunk.embed(tokens_BT), readout: readoutFor(1) },
    headOptions,
  );
  const offsets = checkedOffsets(headName, head, horizon);
  const byOffset = new Map(offsets.map((offset) => [offset, head.readout?.(offset) ?? readoutFor(offset)]));
  const readout = (offset: number) => byOffset.get(offset) ?? extendedReadout(model, offset, readoutFor);
  return { dims, trunk, head, offsets, readout };
}

function modelDims({ experiment, head, vocabulary }: ModelRequest, shape: TrunkShape): Dims {
  const trunkLayers = trunkLayersOf(experiment.model, head, shape);
  const { maxOffset, head: reference } = experiment.model;
  const { width, layers, block } = shape;
  const { context } = experiment.data;
  return { width, layers, block, trunkLayers, vocabulary, horizon: reference.horizon, maxOffset, context };
}

/** Final norm and unembedding: one for all offsets, or one each; offset 1's is the same in both. */
function readouts(store: ParameterStore, mode: 'shared' | 'replicated', dims: Dims): (offset: number) => Readout {
  const made = new Map<number, Readout>();
  return (offset) => {
    const key = mode === 'shared' ? 1 : offset;
    let readout = made.get(key);
    if (!readout) {
      const param = store.factory(key === 1 ? 'readout' : `readout.${key}`);
      readout = {
        gain_E: param<Tensor1D>('norm', [dims.width], { kind: 'ones' }),
        weight_EV: param<Tensor2D>('unembedding', [dims.width, dims.vocabulary]),
      };
      made.set(key, readout);
    }
    return readout;
  };
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
    `head "${head.name}" does not predict offset ${offset}, so readout: replicated has none for it.`,
  );
}

function checkedOffsets(name: string, head: Head, horizon: number): readonly number[] {
  const offsets = (head.offsets ?? Array.from({ length: horizon }, (_, i) => i + 1)).filter((i) => i <= horizon);
  const ascending = offsets.every((offset, i) => Number.isInteger(offset) && (i === 0 || offset > offsets[i - 1]));
  if (offsets[0] !== 1 || !ascending) {
    throw new ForetokenError(
      'OFFSET_UNSUPPORTED',
      `head "${name}": offsets must be integers that start at 1 and ascend, were ${JSON.stringify(head.offsets)}.`,
    );
  }
  return offsets;
}
