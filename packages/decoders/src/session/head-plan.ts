import type { LanguageModel } from '@foretoken/core';
import { type DraftSource, draftSources, evaluationOrder, headTaps } from '@foretoken/core/model';
import { ForetokenError, isForetokenError } from '@foretoken/engine/errors';

/** How a session runs a head: everything follows from its declarations. */
export interface HeadPlan {
  /** Shares of the trunk's depth that the head reads. */
  readonly taps: readonly number[];
  /**
   * How offsets past the first run: `along` with it, in every forward of the trunk, where it reads them. Else once a path is
   * committed: those in use `together`, in one go, where they wait for nothing but the trunk and nearer offsets; `apart`, one
   * when its level is asked for, where they wait for tokens ahead or hang below drafted nodes.
   */
  readonly further: 'along' | 'together' | 'apart';
  /** With `along`: every offset, in the order in which they read each other. */
  readonly everyOffset: readonly number[];
  /** Levels that can be drafted; level k is offset k + 1. Of a head that extends: what the context holds. */
  readonly levels: number;
  /** Levels whose tokens come from offsets that were trained. */
  readonly trained: number;
  /** What drafts the levels of trained offsets, level 1 first. */
  readonly sources: readonly DraftSource[];
  /** Columns before the last one that a source may need. */
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
  /** Offsets past the first that read all columns for good, by and by. */
  readonly readers: readonly number[];
}

/** Tokens of a context that no draft holds: one that was read, the pending one, and the one that verifying adds. */
const MOST_LEFT_OUT = 3;

/** @throws OFFSET_UNSUPPORTED if the session cannot serve a declaration of the head */
export function planHead(model: LanguageModel): HeadPlan {
  const { head, offsets, dims } = model;
  const { carry, ahead = false } = head.reads ?? {};
  if (carry === 'further') {
    if (ahead) throw unsupported('carry: further together with ahead: true');
    if (head.memory === 'unrolled') throw unsupported('carry: further together with memory: unrolled');
    if (head.extends) throw unsupported('carry: further together with extends: true');
  }
  const isUnrolled = head.memory === 'unrolled';
  const sources = draftSources({ head, offsets });
  const trained = sources.length;
  const hasGap = offsets[offsets.length - 1] > offsets.length;
  // What goes on is a chain that was trained: past a gap, or past offset 1 alone, there is none.
  const isExtended = head.extends === true && !hasGap && trained > 0 && hasReadout(model, trained + 2);
  return {
    taps: headTaps(head),
    further: carry === 'further' ? 'along' : ahead || isUnrolled ? 'apart' : 'together',
    everyOffset: evaluationOrder(head, offsets),
    levels: isExtended ? Math.max(trained, dims.context - MOST_LEFT_OUT) : trained,
    trained,
    sources,
    mostBack: Math.max(0, ...sources.map(({ back }) => back)),
    extends: isExtended,
    carry,
    ahead,
    hasMemory: head.memory === 'per-offset' || isUnrolled,
    isUnrolled,
    readers: isUnrolled && trained > 0 ? [2] : Array.from({ length: trained }, (_, k) => k + 2),
  };
}

/** What drafts a level; past the trained ones, the offset itself. */
export function sourceOf({ sources }: HeadPlan, level: number): DraftSource {
  return sources[level - 1] ?? { offset: level + 1, back: 0 };
}

/** Replicated readouts end with the offsets that were trained, unless the head brings its own. */
function hasReadout(model: LanguageModel, offset: number): boolean {
  try {
    model.readout(offset);
    return true;
  } catch (error) {
    if (isForetokenError(error) && error.code === 'OFFSET_UNSUPPORTED') return false;
    throw error;
  }
}

function unsupported(declaration: string): ForetokenError {
  return new ForetokenError(
    'OFFSET_UNSUPPORTED',
    `session: the head declares ${declaration}, which decoding does not serve. Train it, or choose another head to decode with.`,
  );
}
