/**
 * Models at work: built from plugins, run over windows, and what a decoding session shares with training.
 *
 * @packageDocumentation
 */
export { buildModel, type ModelRequest, type TrainableModel } from './build-model.ts';
export { costRatioOf } from './cost-ratio.ts';
export { type DraftSource, draftSources } from './draft-sources.ts';
export { type ForwardFlops, forwardFlops } from './flops.ts';
export {
  asOffsetOutput,
  evaluationOrder,
  type ForwardInput,
  type ForwardResult,
  forwardOffsets,
  forwardTrunk,
  headTaps,
  memoryWithoutPast,
  type OffsetSource,
  runOffsets,
  type TrunkForward,
} from './forward.ts';
export { ParameterStore } from './parameter-store.ts';
export { type ScanStart, scanNodes } from './scan.ts';
export { blocksOfOffset } from './trunk-layers.ts';
