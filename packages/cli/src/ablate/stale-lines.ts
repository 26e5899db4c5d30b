import type { StaleSummary } from '@foretoken/ablation';

/** Says that results are there which are not used, and why; nothing where there are none. */
export function staleLines({ cells, changed }: StaleSummary): string[] {
  if (cells === 0) return [];
  const count = cells === 1 ? '1 cell is' : `${cells.toLocaleString('en-US')} cells are`;
  const kept = 'the results of then are kept and not used';
  return [`${count} stale and will run anew: changed since is ${changed.join(', ')}; ${kept}`];
}
