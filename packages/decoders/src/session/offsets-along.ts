// N nodes of a forward, G offsets with one readout, E its input width.
import type { LanguageModel } from '@foretoken/core';
import type { Readout } from '@foretoken/engine';
import { type HeadPlan, sourceOf } from './head-plan.ts';

/**
 * The offsets that run in a forward of the trunk, in this order.
 *
 * Offset 1 and what it reads; and of a head whose offsets wait for no token ahead, those that draft the levels in use:
 * drafting these levels then takes no forward of its own. An offset that is behind is left out, and all beyond it.
 *
 * Of one plan, two lists of one length are the same.
 * @param levels - in use; 0 where nothing is drafted
 * @param isUpToDate - whether an offset has read whatever the trunk has, in every row
 */
export function offsetsAlong(
  plan: HeadPlan,
  levels: number,
  isUpToDate: (offset: number) => boolean,
): readonly number[] {
  if (plan.along === 'all') return plan.everyOffset;
  const along = [1];
  if (plan.along === 'first') return along;
  for (let level = 1; level <= Math.min(levels, plan.levels); level++) {
    const { offset } = sourceOf(plan, level);
    if (offset === along[along.length - 1]) continue;
    if (plan.hasMemory && !isUpToDate(offset)) break;
    along.push(offset);
  }
  return along;
}

/** Offsets with one readout. */
export interface ReadoutGroup {
  readonly readout: Readout;
  readonly offsets: readonly number[];
}

/** Of the offsets that ran along, those that draft, by readout. */
export function draftingGroups(
  model: Pick<LanguageModel, 'readout'>,
  plan: HeadPlan,
  along: readonly number[],
): ReadoutGroup[] {
  const groups: { readout: Readout; offsets: number[] }[] = [];
  for (const offset of along) {
    // With `all`, offsets beyond a gap run too: nearer ones read their carry.
    if (offset === 1 || (plan.along === 'all' && offset > plan.levels + 1)) continue;
    const readout = model.readout(offset);
    const group = groups.find((other) => isSameReadout(other.readout, readout));
    if (group) group.offsets.push(offset);
    else groups.push({ readout, offsets: [offset] });
  }
  return groups;
}

/** Whether two readouts give the same logits, however often a head has described them. */
export function isSameReadout(a: Readout, b: Readout): boolean {
  if (a === b) return true;
  return a.weight_EV === b.weight_EV && a.gain_E === b.gain_E && a.bias_V === b.bias_V && a.tokens_V === b.tokens_V;
}
