export type { Engine, EngineMemory, EngineName, EngineOptions, EngineStatus, EngineView } from './engine.ts';
export { ERROR_CODES, type ErrorCode, ForetokenError, isForetokenError } from './errors.ts';
export type { KeyValueStore, KeyValues } from './key-values.ts';
export { delegatedKernelNames, nativeKernelNames } from './native/tfjs-kernels.ts';
export {
  type ChainOptions,
  chainNodes,
  createNodes,
  LAST_COMMITTED,
  type Nodes,
  type NodesInit,
  ROOT,
} from './nodes.ts';
export { ENGINE_NAMES, listEngines, openEngine } from './open-engine.ts';
export type { Ops, TransformerLayerWeights } from './ops/contract.ts';
export type {
  AdamWOptions,
  AdamWSlot,
  EngineOps,
  ReadoutRequest,
  StackedLayer,
  TransformerLayerShape,
} from './ops/engine-ops.ts';
export { type LayerOps, layerByOps } from './ops/layer-by-ops.ts';
export type { LinearLossOptions, LinearLossResult, LossPart, Readout, RowLoss } from './readout.ts';
export type { Recording, Seed } from './recording.ts';
export { type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D, type Tensor4D, tf } from './tensor.ts';
export { unrolledKeyValues } from './unrolled-key-values.ts';
