export { ForetokenError, isForetokenError } from '@foretoken/engine/errors';
export { type DecoderRef, type Experiment, FORMAT_VERSION, type PluginRef } from './config/experiment.ts';
export type * from './contracts/index.ts';
export * from './plugins/define.ts';
