import type { DatasetListing } from '../contracts/data.ts';

/**
 * Documents that were left out, counted by reason: `2 empty, 1 binary`. Reasons that name another document count as
 * their first words.
 */
export function countReasons(skipped: DatasetListing['skipped']): string {
  const counts = new Map<string, number>();
  for (const { reason } of skipped) {
    const kind = reason.split(/ (?:of|as) |:/)[0];
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
}
