import type { LanguageModel } from '@foretoken/core';
import { evaluationOrder, headTaps } from '@foretoken/core/model';
import { ForetokenError } from '@foretoken/engine/errors';

/** How a session runs a head: everything follows from its declarations. */
export interface HeadPlan {
  /** Shares of the trunk's depth that the head reads. */
  readonly taps: readonly number[];
  /** Offsets that run in the verifying forward, in this order: offset 1 and all that it reads. */
  readonly verifying: readonly number[];
  /** Levels that can be drafted without a gap; level k is offset k + 1. */
  readonly levels: number;
  readonly carry?: 'nearer' | 'further';
  readonly ahead: boolean;
  readonly hasMemory: boolean;
}

/** @throws OFFSET_UNSUPPORTED if the session cannot serve a declaration of the head */
export function planHead({ head, offsets }: LanguageModel): HeadPlan {
  const { carry, ahead = false } = head.reads ?? {};
  if (head.memory === 'unrolled') throw unsupported('memory: unrolled');
  if (head.extends) throw unsupported('extends: true');
  if (carry === 'further' && ahead) throw unsupported('carry: further together with ahead: true');
  const gap = offsets.findIndex((offset, index) => offset !== index + 1);
  return {
    taps: headTaps(head),
    verifying: carry === 'further' ? evaluationOrder(head, offsets) : [1],
    levels: (gap < 0 ? offsets.length : gap) - 1,
    carry,
    ahead,
    hasMemory: head.memory === 'per-offset',
  };
}

function unsupported(declaration: string): ForetokenError {
  return new ForetokenError(
    'OFFSET_UNSUPPORTED',
    `session: the head declares ${declaration}, which decoding does not serve. Train it, or choose another head to decode with.`,
  );
}
