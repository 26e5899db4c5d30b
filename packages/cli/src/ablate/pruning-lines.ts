import type { PruningForecast } from '@foretoken/ablation';
import { formatOperations } from '../output/quantities.ts';

/** What pruning will come to: who is looked at where, and what all trainings take without it and with it. */
export function pruningLines(forecast: PruningForecast | undefined): string[] {
  if (!forecast) return [];
  const { rule, rungs, finishing, trainingFlops } = forecast;
  const cells = (count: number): string => `${count.toLocaleString('en-US')} ${count === 1 ? 'cell' : 'cells'}`;
  const parts = rungs.map(({ share, cells: count }) => `${cells(count)} to ${Number((100 * share).toFixed(1))}%`);
  const { without, least, most } = trainingFlops;
  const flops = (value: number): string => `${formatOperations(value)}FLOPs`;
  const range = least === most ? flops(most) : `${flops(least)} to ${flops(most)}`;
  return [
    `pruning (${rule}): at most ${parts.join(', ')} of their steps, ${cells(finishing)} to the end`,
    `all trainings: ${flops(without)} without pruning, ${range} with it`,
  ];
}
