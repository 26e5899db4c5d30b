import type { AblationResults } from '@foretoken/ablation';
import { verdictColumns, verdictRows, verdictSentences } from '@foretoken/ablation/finished';
import { formatTable } from '../output/table.ts';

/** The verdict of an ablation for a terminal: a table without what the sentences say, too, then the answer in sentences. */
export function verdictLines(results: AblationResults): string[] {
  const rows = verdictRows(results);
  const columns = verdictColumns(rows).filter(({ isDetail }) => !isDetail);
  const table = formatTable(
    columns.map(({ heading, isNumber }) => ({ title: heading, align: isNumber ? 'right' : 'left' })),
    rows.map((row) => columns.map(({ cell }) => cell(row))),
  );
  return ['', ...table, '', ...verdictSentences(rows)];
}
