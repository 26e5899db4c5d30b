export {
  type AcceptanceResults,
  acceptance,
  type DecoderAcceptance,
  type LabelMatchResults,
} from './acceptance/acceptance.ts';
export type { Repetition } from './acceptance/repetition.ts';
export type { Sample } from './acceptance/sample.ts';
export { type BitsPerByteResults, bitsPerByte } from './bits-per-byte/bits-per-byte.ts';
export type { SkippedDecoder } from './decoding/decoder-runs.ts';
export {
  type DecoderLosslessness,
  type FirstDifference,
  type LosslessnessResults,
  losslessness,
} from './losslessness/losslessness.ts';
export { type DecoderThroughput, type ThroughputTimings, throughput } from './throughput/throughput.ts';
