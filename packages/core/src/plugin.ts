/**
 * What a plugin is written with, and nothing else: `define...`, the types, TypeBox, and `ops` through the contexts. Whatever a
 * signature names is exported with it.
 *
 * @packageDocumentation
 */
export type {
  EngineMemory,
  EngineName,
  EngineView,
  ErrorCode,
  KeyValues,
  Nodes,
  NodesInit,
  Ops,
  Readout,
  RowLoss,
  Scalar,
  Tensor,
  Tensor1D,
  Tensor2D,
  Tensor3D,
  Tensor4D,
  TransformerLayerWeights,
} from '@foretoken/engine';
export { ForetokenError, isForetokenError } from '@foretoken/engine/errors';
export { LAST_COMMITTED, ROOT } from '@foretoken/engine/nodes';
export { type Static, Type } from 'typebox';
export type * from './contracts/index.ts';
export { offsetOfTerm, offsetTerm } from './contracts/term.ts';
export { acceptDrafts, checkDraftLevels, withoutPolicy } from './generation/accept-drafts.ts';
export { checkDrawn } from './generation/check-steps.ts';
export { drawIndex, entropyOf, indicesOfLargest, pointMass, softmax } from './generation/distribution.ts';
export { EventLoopTurns } from './generation/event-loop.ts';
export { generateRows } from './generation/generate-rows.ts';
export type { GeneratingRow, RowStep, VerifiedStep } from './generation/generating-row.ts';
export type { Step } from './generation/generation.ts';
export { longestPath } from './generation/longest-path.ts';
export { SessionFacade } from './generation/session-facade.ts';
export { type Stop, StopWatch } from './generation/stops.ts';
export { chainTree, emptyTree, levelsOf, nodesPerLevel, subtree } from './generation/tree.ts';
export { crossEntropy } from './model/offset-cross-entropy.ts';
export {
  createTransformerBlock,
  defaultMlpWidth,
  runTransformerBlocks,
  type TransformerBlock,
} from './model/transformer-block.ts';
export * from './plugins/define.ts';
