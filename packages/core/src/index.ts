export { ForetokenError, isForetokenError } from '@foretoken/engine';
export type * from './contracts/index.ts';
export { type DecoderRef, type Experiment, FORMAT_VERSION, type PluginRef } from './config/experiment.ts';
export * from './plugins/define.ts';
