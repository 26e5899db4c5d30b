import type { Comparison } from '../../statistics/compare-arms.ts';
import { forestScale } from '../charts/forest-scale.ts';
import type { ArmStyle } from '../charts/theme.ts';
import { COST_NOTE, costColumns } from '../cost-table.ts';
import { placeWords } from '../pruning-words.ts';
import type { VerdictRow } from '../verdict.ts';
import { type VerdictColumn, verdictColumns } from '../verdict-table.ts';
import { verdictReasons } from '../verdict-words.ts';
import { forestAxis, forestPlot, VERDICT_CLASSES } from './forest.ts';
import { swatch } from './legend.ts';
import { type Content, html, type Markup } from './markup.ts';
import { columnMeanings, dataTable, type TableColumn } from './table.ts';

/** Pixels that the intervals have. */
const FOREST_WIDTH = 116;

/** The table that the report is read for. */
export function verdictTable(rows: readonly VerdictRow[], styles: readonly ArmStyle[]): Markup {
  const columns = verdictColumns(rows);
  const baseline = rows.find(({ isBaseline }) => isBaseline)?.arm;
  const caption = `Every arm against the baseline ${baseline}; an arm’s name leads to its configuration.`;
  const [arm, ...others] = [...columns].sort((a, b) => rankOf(a) - rankOf(b));
  const drawn = others.flatMap((column) =>
    column.heading === 'Δ' ? forestColumn(column, rows) : [verdictColumn(column)],
  );
  return html`${dataTable('Verdict', [armColumn(arm, rows, styles), ...drawn], rows, { id: 'verdict-table', caption })}
${columnMeanings(columns)}`;
}

/** What is read first stands where no screen cuts it off; what is the same for all, or known beforehand, stands last. */
const FIRST = ['arm', 'Δ', 'verdict'];
const LAST = ['parameters', 'bigram'];

function rankOf({ heading, isDetail }: VerdictColumn): number {
  if (FIRST.includes(heading)) return FIRST.indexOf(heading) - FIRST.length;
  return LAST.includes(heading) ? 2 : isDetail ? 1 : 0;
}

/** What each arm cost. */
export function costTable(rows: readonly VerdictRow[], styles: readonly ArmStyle[]): Markup {
  const [arm, ...others] = costColumns;
  return html`${dataTable('Cost', [armColumn(arm, rows, styles), ...others], rows, { id: 'cost-table', caption: COST_NOTE })}
${columnMeanings(costColumns)}`;
}

/** The address, inside the page, of an arm's configuration. */
export const configId = (index: number): string => `config-${index}`;

function armColumn(
  column: VerdictColumn,
  rows: readonly VerdictRow[],
  styles: readonly ArmStyle[],
): TableColumn<VerdictRow> {
  const styleOf = new Map(styles.map((style) => [style.arm, style]));
  return {
    ...column,
    cell(row) {
      const style = styleOf.get(row.arm);
      return html`<span class="arm">${style && swatch(style)}<a href="#${configId(rows.indexOf(row))}">${column.cell(row)}</a></span>`;
    },
  };
}

/** The difference in numbers, and beside it drawn. */
function forestColumn(column: VerdictColumn, rows: readonly VerdictRow[]): TableColumn<VerdictRow>[] {
  const scale = forestScale(
    rows.map(({ comparison }) => comparison),
    FOREST_WIDTH,
  );
  if (!scale) return [column];
  return [
    {
      ...column,
      below: forestAxis(scale),
      cell: (row) =>
        html`<span class="difference"><span>${column.cell(row)}</span>${forestPlot(scale, row.comparison)}</span>`,
    },
  ];
}

const verdictColumn = (column: VerdictColumn): TableColumn<VerdictRow> => ({
  ...column,
  cell: (row) =>
    column.heading === 'verdict' && row.comparison
      ? verdictCell(row, row.comparison)
      : marked(column.cell(row), classOf(column, row)),
});

/** The word, and smaller what it rests on. */
function verdictCell({ pruned }: VerdictRow, comparison: Comparison): Markup {
  if (pruned) return html`<span class="verdict-word">pruned <small>at ${placeWords(pruned)}</small></span>`;
  const { verdict } = comparison;
  const reasons = verdictReasons(comparison).join(', ');
  return html`<span class="verdict-word">${marked(verdict, VERDICT_CLASSES[verdict])}${reasons !== '' && html` <small>(${reasons})</small>`}</span>`;
}

const marked = (text: string, name: string | undefined): Content =>
  name === undefined ? text : html`<span class="${name}">${text}</span>`;

function classOf({ heading, cell }: VerdictColumn, row: VerdictRow): string | undefined {
  const isBad =
    (heading === 'lossless' && /NO|lossy/.test(cell(row))) || (heading === 'tokens/forward' && row.isDegenerate);
  return isBad ? 'bad' : undefined;
}
