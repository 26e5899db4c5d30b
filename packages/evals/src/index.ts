export type { Repetition } from '@foretoken/core/evaluation';
export {
  type AcceptanceResults,
  type AcceptanceTimings,
  acceptance,
  type DecoderAcceptance,
  type LabelMatchResults,
} from './acceptance/acceptance.ts';
export type { Sample } from './acceptance/sample.ts';
export { type BitsPerByteResults, bitsPerByte } from './bits-per-byte/bits-per-byte.ts';
export type { SkippedDecoder } from './decoding/decoder-runs.ts';
export {
  type DecoderLosslessness,
  type FirstDifference,
  type LosslessnessResults,
  losslessness,
} from './losslessness/losslessness.ts';
export { type MutualInformationResults, mutualInformation } from './mutual-information/mutual-information.ts';
export { choicePointWeight, type LossTerm, lossTerms, transitionWeights } from './theory/choice-points.ts';
export {
  conditionalCrossEntropy,
  crossEntropy,
  divergence,
  type Entropies,
  entropies,
  type Joint,
  relativeEntropies,
  relativeMutualInformation,
} from './theory/information.ts';
export { type MarkovSource, markovSource, sampleMarkov, trueTwoTokenTerms } from './theory/markov-source.ts';
export {
  estimateTwoTokenTerms,
  type PositionLosses,
  positionLosses,
  type TwoTokenTerms,
} from './theory/two-token-terms.ts';
export { type DecoderThroughput, type ThroughputTimings, throughput } from './throughput/throughput.ts';
