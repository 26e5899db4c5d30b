export { PRESETS, type PresetName } from './transformer/presets.ts';
export { default as transformer } from './transformer/transformer.ts';
