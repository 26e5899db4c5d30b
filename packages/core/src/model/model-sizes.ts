import { ForetokenError } from '@foretoken/engine/errors';
import { optionsOf } from '../config/plugin-options.ts';
import type { LanguageModel } from '../contracts/model.ts';
import type { ParamFactory } from '../contracts/parameters.ts';
import { defineHead } from '../plugins/define.ts';
import type { ModelParts, ModelRequest } from './build-model.ts';
import { type ModelSizes, matchParameters } from './match-parameters.ts';
import { ParameterCounter } from './parameter-counter.ts';
import { trunkLayersOf } from './trunk-layers.ts';

/** Sizes of a model, and what they were matched to. */
export interface MatchedSizes extends ModelSizes {
  /** Under `match: parameters`, the number of parameters that they are nearest to. */
  readonly referenceParameters?: number;
}

/** Makes a model's parts; `buildModel` brings it. */
type CreateParts = (request: ModelRequest, param: (owner: string) => ParamFactory, sizes: ModelSizes) => ModelParts;

/** Nothing of its own between the trunk's last block and the readout. */
const bareHead = defineHead({
  name: 'reference',
  create: () => ({ forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD }),
});

/**
 * The one-token model that an experiment's model is matched to: the same trunk with all its blocks, one readout, and no
 * head of its own.
 */
function referenceRequest(request: ModelRequest): ModelRequest {
  const { base: _base, ...model } = request.experiment.model;
  const reference = { ...model, head: { name: bareHead.name, horizon: 1 }, readout: 'shared', match: 'none' } as const;
  return { ...request, head: bareHead, experiment: { ...request.experiment, model: reference } };
}

/**
 * Sizes of an experiment's model. Under `match: parameters` it has as many parameters as the one-token model of the same
 * trunk options, as nearly as one width can be chosen (see {@link matchParameters}).
 *
 * A trunk that ignores `dims.lastBlock` cannot be adjusted; what it leaves unmatched shows in the parameter counts.
 * @throws LAYERS_TOO_FEW if the heads would take every block of the trunk, or weigh more than the trunk can give
 */
export function sizesOf(request: ModelRequest, createParts: CreateParts): MatchedSizes {
  const { model } = request.experiment;
  const start = startOf(request);
  if (model.match !== 'parameters' || model.base) return start;
  const count = (of: ModelRequest, sizes: ModelSizes) => countParameters(of, sizes, createParts);
  const reference = referenceRequest(request);
  const referenceParameters = count(reference, startOf(reference));
  const sizes = matchParameters(start, referenceParameters, (candidate) => count(request, candidate));
  if (sizes !== undefined) return { ...sizes, referenceParameters };
  const { name, horizon } = model.head;
  throw new ForetokenError(
    'LAYERS_TOO_FEW',
    `head "${name}" with horizon ${horizon} and readout: ${model.readout} has more weights than the trunk's blocks can ` +
      `give under match: parameters (the one-token model has ${referenceParameters}). Use more layers, a smaller ` +
      'horizon, a shared readout, or match: none.',
  );
}

/** Gives `use` the one-token model of the same trunk options, with zeros for weights, and frees it. */
export function withReferenceModel<T>(
  request: ModelRequest,
  createParts: CreateParts,
  use: (reference: LanguageModel) => T,
): T {
  const { engine } = request;
  const reference = referenceRequest(request);
  const counter = new ParameterCounter();
  return engine.tidy(() => {
    const parts = createParts(reference, () => counter.factory, startOf(reference));
    return use({ engine, ...parts, parameters: new Map(), numParameters: counter.count, dispose() {} });
  });
}

function startOf({ experiment, trunk, head }: ModelRequest): ModelSizes {
  const shape = trunk.shape(optionsOf(experiment.model.trunk));
  const { mlpWidth } = shape.block;
  return { trunkLayers: trunkLayersOf(experiment.model, head, shape), headMlpWidth: mlpWidth, lastMlpWidth: mlpWidth };
}

function countParameters(request: ModelRequest, sizes: ModelSizes, createParts: CreateParts): number {
  const counter = new ParameterCounter();
  request.engine.tidy(() => void createParts(request, () => counter.factory, sizes));
  return counter.count;
}
