import { armStyles } from '../charts/theme.ts';
import { costColumns } from '../cost-table.ts';
import type { VerdictRow } from '../verdict.ts';
import { type VerdictColumn, verdictColumns } from '../verdict-table.ts';
import { swatch } from './legend.ts';
import { html, type Markup } from './markup.ts';

/** The table that the report is read for. */
export function verdictTable(rows: readonly VerdictRow[]): Markup {
  return armTable('Verdict', verdictColumns(rows), rows);
}

/** What each arm cost. */
export function costTable(rows: readonly VerdictRow[]): Markup {
  return armTable('Cost', costColumns, rows);
}

/** One row an arm, and below it what the columns mean. */
function armTable(label: string, columns: readonly VerdictColumn[], rows: readonly VerdictRow[]): Markup {
  const styles = armStyles(rows.map(({ arm }) => arm));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">
<table>
<thead><tr>${columns.map(({ heading, explanation, isNumber }) => html`<th scope="col"${numberClass(isNumber)} title="${explanation}">${heading}</th>`)}</tr></thead>
<tbody>
${rows.map(
  (
    row,
    i,
  ) => html`<tr>${columns.map((column, j) => (j === 0 ? html`<th scope="row"><span class="arm">${swatch(styles[i])}<span>${column.cell(row)}</span></span></th>` : cell(column, row)))}</tr>
`,
)}</tbody>
</table>
</div>
<details><summary>What the columns mean</summary>
<dl>${columns.map(({ heading, explanation }) => html`<dt>${heading}</dt><dd>${explanation}</dd>`)}</dl>
</details>`;
}

function cell(column: VerdictColumn, row: VerdictRow): Markup {
  const text = column.cell(row);
  const isBad =
    (column.heading === 'lossless' && /NO|lossy/.test(text)) ||
    (column.heading === 'tokens/forward' && row.isDegenerate);
  return html`<td${numberClass(column.isNumber)}>${isBad ? html`<span class="bad">${text}</span>` : text}</td>`;
}

const numberClass = (isNumber: boolean): Markup => (isNumber ? html` class="number"` : html``);
