import { decodingColumns, decodingRows, levelColumns, levelRows } from '../decoding-table.ts';
import type { ArmDecoding } from '../report-data.ts';
import type { Column } from '../verdict-table.ts';
import { html, type Markup } from './markup.ts';

/** Every acceptance number: a row a decoder, and behind a click a row a draft position. */
export function decodingSection(arms: readonly ArmDecoding[]): Markup {
  const rows = decodingRows(arms);
  const levels = levelRows(rows);
  return html`${columnsTable('Decoding', decodingColumns, rows)}
${
  levels.length > 0 &&
  html`<details><summary>Per draft position</summary>
${columnsTable('Per draft position', levelColumns, levels)}
</details>`
}
<details><summary>What these columns mean</summary>
<dl>${meanings().map(({ heading, explanation }) => html`<dt>${heading}</dt><dd>${explanation}</dd>`)}</dl>
</details>`;
}

function columnsTable<Row>(label: string, columns: readonly Column<Row>[], rows: readonly Row[]): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">
<table>
<thead><tr>${columns.map(({ heading, explanation, isNumber }) => html`<th scope="col"${isNumber && html` class="number"`} title="${explanation}">${heading}</th>`)}</tr></thead>
<tbody>
${rows.map(
  (row) => html`<tr>${columns.map((column, i) => cell(column.cell(row), column.isNumber, i === 0))}</tr>
`,
)}</tbody>
</table>
</div>`;
}

function cell(text: string, isNumber: boolean, isFirst: boolean): Markup {
  if (isFirst) return html`<th scope="row">${text}</th>`;
  const shown = /^(NO|lossy)|degenerate/.test(text) ? html`<span class="bad">${text}</span>` : text;
  return html`<td${isNumber && html` class="number"`}>${shown}</td>`;
}

/** Each heading once. */
function meanings(): { readonly heading: string; readonly explanation: string }[] {
  const all = [...decodingColumns, ...levelColumns].map(({ heading, explanation }) => ({ heading, explanation }));
  return all.filter(({ heading }, i) => all.findIndex((other) => other.heading === heading) === i);
}
