import type { Windows } from '../contracts/evaluation.ts';

/**
 * Numbers of `wanted` windows spread evenly over all of them, ascending; all of them where there are no more.
 *
 * They follow from the two counts alone, so every arm measures the same ones.
 */
export function spreadWindows({ count }: Pick<Windows, 'count'>, wanted: number): readonly number[] {
  const taken = Math.min(count, wanted);
  return Array.from({ length: taken }, (_, i) => Math.floor(((i + 0.5) * count) / taken));
}
