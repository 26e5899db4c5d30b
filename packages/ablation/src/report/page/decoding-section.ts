import { decodingColumns, decodingRows, levelColumns, levelRows } from '../decoding-table.ts';
import type { ArmDecoding } from '../report-data.ts';
import type { Column } from '../verdict-table.ts';
import { html, type Markup } from './markup.ts';
import { columnMeanings, dataTable, type TableColumn } from './table.ts';

/** Every acceptance number: a row a decoder, and behind a click a row a draft position. */
export function decodingSection(arms: readonly ArmDecoding[]): Markup {
  const rows = decodingRows(arms);
  const levels = levelRows(rows);
  return html`${dataTable('Decoding', decodingColumns.map(withWarnings), rows, { id: 'decoding-table', caption: 'A row a decoder; label match is counted against held-out text.' })}
${
  levels.length > 0 &&
  html`<details><summary>Per draft position</summary>
${dataTable('Per draft position', levelColumns, levels, { id: 'levels-table' })}
</details>`
}
${columnMeanings([...decodingColumns, ...levelColumns])}`;
}

/** A decoder that is not what it claims, or not lossless, is seen. */
const withWarnings = <Row>(column: Column<Row>): TableColumn<Row> => ({
  ...column,
  cell(row) {
    const text = column.cell(row);
    return /^(NO|lossy)|degenerate/.test(text) ? html`<span class="bad">${text}</span>` : text;
  },
});
