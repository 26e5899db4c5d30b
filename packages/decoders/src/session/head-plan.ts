import type { LanguageModel } from '@foretoken/core';
import { evaluationOrder, headTaps } from '@foretoken/core/model';
import { ForetokenError } from '@foretoken/engine/errors';

/** How a session runs a head: everything follows from its declarations. */
export interface HeadPlan {
  /** Shares of the trunk's depth that the head reads. */
  readonly taps: readonly number[];
  /** Offsets that run in the verifying forward, in this order: offset 1 and all that it reads. */
  readonly verifying: readonly number[];
  /** Levels that can be drafted; level k is offset k + 1. Of a head that extends: what the context holds. */
  readonly levels: number;
  /** Levels whose tokens come from offsets that were trained. */
  readonly trained: number;
  /** Offsets that fill the gaps before them, from {@link fillsOf}; empty where there are none. */
  readonly fills: ReadonlyMap<number, Fill>;
  /** Columns before the last one that a gap may need. */
  readonly mostBack: number;
  readonly extends: boolean;
  readonly carry?: 'nearer' | 'further';
  readonly ahead: boolean;
  readonly hasMemory: boolean;
  /**
   * Whether the offsets past the first share one memory: offset 2 reads all columns for good, the further ones hang
   * below drafted nodes at the last column and are dropped with the draft.
   */
  readonly isUnrolled: boolean;
}

/** What says the tokens of an offset that was not trained: a further one, as many columns before as it is further. */
export interface Fill {
  readonly offset: number;
  readonly back: number;
}

/** Tokens of a context that no draft holds: one that was read, the pending one, and the one that verifying adds. */
const MOST_LEFT_OUT = 3;

/** @throws OFFSET_UNSUPPORTED if the session cannot serve a declaration of the head */
export function planHead({ head, offsets, dims }: LanguageModel): HeadPlan {
  const { carry, ahead = false } = head.reads ?? {};
  if (carry === 'further') {
    if (ahead) throw unsupported('carry: further together with ahead: true');
    if (head.memory === 'unrolled') throw unsupported('carry: further together with memory: unrolled');
    if (head.extends) throw unsupported('carry: further together with extends: true');
  }
  const gap = offsets.findIndex((offset, index) => offset !== index + 1);
  const fills = fillsOf(head, offsets);
  const trained = (gap < 0 || fills.size > 0 ? offsets[offsets.length - 1] : gap) - 1;
  // What goes on is a chain that was trained: past a gap, or past offset 1 alone, there is none.
  const isExtended = head.extends === true && gap < 0 && trained > 0;
  return {
    taps: headTaps(head),
    verifying: carry === 'further' ? evaluationOrder(head, offsets) : [1],
    levels: isExtended ? Math.max(trained, dims.context - MOST_LEFT_OUT) : trained,
    trained,
    fills,
    mostBack: Math.max(0, ...[...fills.values()].map(({ back }) => back)),
    extends: isExtended,
    carry,
    ahead,
    hasMemory: head.memory === 'per-offset' || head.memory === 'unrolled',
    isUnrolled: head.memory === 'unrolled',
  };
}

/**
 * The gaps of a head whose offsets need the trunk's states alone: offset i at a column predicts the token that offset j
 * < i predicts i - j columns later. A head that reads more, or remembers, drafts up to its first gap.
 * @source Liu et al. 2025, arXiv:2505.17505, sec. 3: looking backward
 */
function fillsOf({ reads, memory = 'none' }: LanguageModel['head'], offsets: readonly number[]): Map<number, Fill> {
  const fills = new Map<number, Fill>();
  if (reads?.carry || reads?.ahead || memory !== 'none') return fills;
  for (const [index, offset] of offsets.entries()) {
    const nearer = offsets[index - 1] ?? 0;
    for (let missing = nearer + 1; missing < offset; missing++) fills.set(missing, { offset, back: offset - missing });
  }
  return fills;
}

function unsupported(declaration: string): ForetokenError {
  return new ForetokenError(
    'OFFSET_UNSUPPORTED',
    `session: the head declares ${declaration}, which decoding does not serve. Train it, or choose another head to decode with.`,
  );
}
