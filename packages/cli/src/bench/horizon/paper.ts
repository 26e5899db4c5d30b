/**
 * Training time of n offsets over that of one, by the paper's models; its n = 4 models have as many parameters.
 *
 * @source Gloeckle et al. 2024, arXiv:2404.19737, table S5
 */
export const PAPER_RATIOS: readonly { readonly model: string; readonly ratio: Readonly<Record<number, number>> }[] = [
  { model: '0.3B', ratio: { 1: 1, 2: 1.07, 4: 1.22 } },
  { model: '0.6B', ratio: { 1: 1, 2: 1.05, 4: 1.13 } },
  { model: '1.3B', ratio: { 1: 1, 2: 1.04, 4: 1.12 } },
  { model: '3B', ratio: { 1: 1, 2: 1.02, 4: 1.07 } },
  { model: '6.7B', ratio: { 1: 1, 2: 1.02, 4: 1.07 } },
  { model: '13B', ratio: { 1: 1, 2: 1.04, 4: 1.09 } },
];

/** The lowest and highest of them for a horizon; undefined where the paper has none. */
export function paperRange(horizon: number): readonly [lowest: number, highest: number] | undefined {
  const ratios = PAPER_RATIOS.flatMap(({ ratio }) => ratio[horizon] ?? []);
  return ratios.length === 0 ? undefined : [Math.min(...ratios), Math.max(...ratios)];
}
