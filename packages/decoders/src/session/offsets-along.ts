import { type HeadPlan, sourceOf } from './head-plan.ts';

/**
 * The offsets that run in a forward of the trunk, in this order: offset 1 and what it reads. Where offsets run together,
 * also those that draft some levels: a prompt has no node that may be rejected, so they read it at once.
 *
 * @param levels - drafted from what the forward reads; 0 in a verifying one, whose nodes are candidates
 */
export function offsetsAlong(plan: HeadPlan, levels: number): readonly number[] {
  if (plan.further === 'along') return plan.everyOffset;
  return plan.further === 'together' ? [1, ...offsetsOf(plan, 1, levels)] : [1];
}

/** The offsets that draft some levels, each once, ascending. */
export function offsetsOf(plan: HeadPlan, from: number, to: number): number[] {
  const offsets: number[] = [];
  for (let level = from; level <= Math.min(to, plan.levels); level++) {
    const { offset } = sourceOf(plan, level);
    if (offset !== offsets[offsets.length - 1]) offsets.push(offset);
  }
  return offsets;
}
