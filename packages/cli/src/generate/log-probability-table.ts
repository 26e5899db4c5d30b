import { formatTable } from '../output/table.ts';
import type { GeneratedRow } from './summary.ts';

/** Log-probabilities of the generated tokens of one prompt, for a terminal; alternatives best first. */
export function logProbabilityLines({ logProbabilities }: GeneratedRow): string[] {
  if (!logProbabilities) return [];
  const said = (text: string, logProbability: number) => `${JSON.stringify(text)} ${logProbability.toFixed(3)}`;
  const hasAlternatives = logProbabilities.some(({ top }) => top.length > 0);
  const columns = [
    { title: 'token', align: 'right' as const },
    { title: 'text' },
    { title: 'log-probability', align: 'right' as const },
    ...(hasAlternatives ? [{ title: 'most probable' }] : []),
  ];
  const rows = logProbabilities.map(({ token, text, logProbability, top }) => [
    String(token),
    JSON.stringify(text),
    logProbability.toFixed(3),
    ...(hasAlternatives ? [top.map((other) => said(other.text, other.logProbability)).join('  ')] : []),
  ]);
  return ['', ...formatTable(columns, rows)];
}
