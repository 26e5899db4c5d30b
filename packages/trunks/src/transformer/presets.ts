/**
 * Sizes of the paper's models, from 1M to 300M non-embedding parameters.
 *
 * @source Gloeckle et al. 2024, arXiv:2404.19737, table S14
 */
export const PRESETS = {
  '1M': { width: 128, layers: 5, attentionHeads: 4 },
  '3M': { width: 256, layers: 4, attentionHeads: 8 },
  '10M': { width: 384, layers: 6, attentionHeads: 8 },
  '30M': { width: 512, layers: 10, attentionHeads: 8 },
  '100M': { width: 768, layers: 14, attentionHeads: 12 },
  '300M': { width: 1024, layers: 25, attentionHeads: 16 },
} as const;

export type PresetName = keyof typeof PRESETS;
