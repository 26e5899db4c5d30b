import type { LanguageModel } from '../contracts/model.ts';

/** What drafts one level: an offset, so many columns before the last one. */
export interface DraftSource {
  readonly offset: number;
  readonly back: number;
}

/**
 * What drafts each level of offsets that were trained; level k, at index k - 1, is offset k + 1.
 *
 * Mostly that offset itself, at the last column. Where a head's offsets leave a gap and need the trunk's states alone,
 * the next one fills it: offset i at a column predicts the token that offset j < i would predict i - j columns later. A
 * head that reads more, or remembers, drafts up to its first gap.
 * @source Liu et al. 2025, arXiv:2505.17505, sec. 3: looking backward
 */
export function draftSources({ head, offsets }: Pick<LanguageModel, 'head' | 'offsets'>): readonly DraftSource[] {
  const { reads, memory = 'none' } = head;
  const looksBack = !reads?.carry && !reads?.ahead && memory === 'none';
  return looksBack ? filled(offsets) : withoutGap(offsets);
}

/** Of offsets that follow each other from 1 on, each drafts its own level. */
export function withoutGap(offsets: readonly number[]): readonly DraftSource[] {
  const gap = offsets.findIndex((offset, index) => offset !== index + 1);
  return offsets.slice(1, gap < 0 ? undefined : gap).map((offset) => ({ offset, back: 0 }));
}

function filled(offsets: readonly number[]): readonly DraftSource[] {
  const last = offsets[offsets.length - 1];
  return Array.from({ length: last - 1 }, (_, index) => {
    const wanted = index + 2;
    const offset = offsets.find((one) => one >= wanted) as number;
    return { offset, back: offset - wanted };
  });
}
