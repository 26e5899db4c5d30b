import { type Content, html, type Markup } from './markup.ts';

/** A column of a table of the page. The first column of a table names its rows. */
export interface TableColumn<Row> {
  readonly heading: string;
  /** What it means, in a sentence. */
  readonly explanation?: string;
  /** Whether its cells are numbers, to be aligned right. */
  readonly isNumber: boolean;
  /** What stands beneath the heading, as the axis of what the cells draw. */
  readonly below?: Markup;
  cell(row: Row): Content;
}

/**
 * A table as every table of the page is: named, scrolled by itself where it is too wide, sorted by its headings and saved
 * as CSV, which are the script's work and stand on nothing but this form.
 */
export function dataTable<Row>(
  name: string,
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
  { id, caption }: { readonly id: string; readonly caption?: string },
): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${name}">
<table id="${id}">
<caption><span>${caption ?? name}</span></caption>
<thead><tr>${columns.map(({ heading, explanation, isNumber, below }) => html`<th scope="col"${numberClass(isNumber)}${explanation !== undefined && html` title="${explanation}"`}><span class="heading">${breakable(heading)}</span>${below}</th>`)}</tr></thead>
<tbody>
${rows.map(
  (row) => html`<tr>${columns.map((column, i) => bodyCell(column, row, i === 0))}</tr>
`,
)}</tbody>
</table>
</div>`;
}

/** What the columns mean, for those who cannot point at a heading; each heading once. */
export function columnMeanings(columns: readonly Pick<TableColumn<never>, 'heading' | 'explanation'>[]): Markup {
  const each = columns.filter(({ heading }, i) => columns.findIndex((other) => other.heading === heading) === i);
  return html`<details><summary>What the columns mean</summary>
<dl>${each.map(({ heading, explanation }) => html`<dt>${heading}</dt><dd>${explanation}</dd>`)}</dl>
</details>`;
}

function bodyCell<Row>({ cell, isNumber }: TableColumn<Row>, row: Row, isFirst: boolean): Markup {
  if (isFirst) return html`<th scope="row">${cell(row)}</th>`;
  // Most cells are numbers: they are the ones without a class, for the size of the page.
  return html`<td${!isNumber && html` class="text"`}>${cell(row)}</td>`;
}

const numberClass = (isNumber: boolean): Markup => (isNumber ? html` class="number"` : html``);

/** A heading of two units is broken behind the stroke. */
const breakable = (heading: string): Content[] =>
  heading.split('/').map((part, i) => (i === 0 ? part : html`/<wbr>${part}`));
