import { createHash } from 'node:crypto';
import { armStyles } from '../charts/theme.ts';
import { hasCost } from '../cost-table.ts';
import { headline } from '../headline.ts';
import { counted } from '../numbers.ts';
import { type PrunedRow, prunedColumns } from '../pruned-table.ts';
import type { CellError, ReportData } from '../report-data.ts';
import { verdictSentences } from '../verdict-sentence.ts';
import { chartsSection } from './charts-section.ts';
import { decodingSection } from './decoding-section.ts';
import { html, Markup } from './markup.ts';
import { provenanceSection } from './provenance-section.ts';
import { samplesSection } from './samples-section.ts';
import { pageScript } from './script.ts';
import { pageStyle } from './style.ts';
import { columnMeanings, dataTable, type TableColumn } from './table.ts';
import { costTable, verdictTable } from './verdict-section.ts';

/**
 * The report as one file: nothing is fetched, no script runs but the page's own, and its policy forbids both. Every text
 * from outside is escaped.
 */
export async function reportPage(data: ReportData): Promise<string> {
  const { name, rows, samples, failures, pruned } = data;
  const styles = armStyles(data.shown);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name} – ablation report</title>
<style>${new Markup(pageStyle)}</style>
</head>
<body>
<main>
<header>
<h1>${name}</h1>
<p class="verdict">${headline(rows)}</p>
<p class="meta">${summary(data)}${failures.length > 0 && html` · <a href="#failures" class="bad">${counted(failures.length, 'cell')} failed</a>`}</p>
</header>
<section aria-labelledby="verdict"><h2 id="verdict">Verdict</h2>
${verdictTable(rows, styles)}
<ul class="sentences">${verdictSentences(rows).map((sentence) => html`<li>${sentence}</li>`)}</ul>
</section>
${pruned.length > 0 && prunedSection(pruned)}
<section aria-labelledby="charts"><h2 id="charts">Charts</h2>
${await chartsSection(data, styles)}
</section>
${
  hasCost(rows) &&
  html`<section aria-labelledby="cost"><h2 id="cost">Cost</h2>
${costTable(rows, styles)}
</section>`
}
${failures.length > 0 && failuresSection(failures)}
${
  data.decoding.some(({ decoders }) => decoders.length > 0) &&
  html`<section aria-labelledby="decoding"><h2 id="decoding">Decoding</h2>
${decodingSection(data.decoding)}
</section>`
}
<section aria-labelledby="samples"><h2 id="samples">Generated text</h2>
${samplesSection(samples)}
</section>
<section aria-labelledby="provenance"><h2 id="provenance">How it was made</h2>
${provenanceSection(data)}
</section>
</main>
<script>${new Markup(pageScript)}</script>
</body>
</html>
`;
  return page.text;
}

/** Nothing from anywhere, but for the style sheet and the script of the page itself, and images that the script draws. */
function policy(): Markup {
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return new Markup(
    `default-src 'none'; style-src ${hash(pageStyle)}; script-src ${hash(pageScript)}; img-src blob:; base-uri 'none'; form-action 'none'`,
  );
}

function summary({ rows, plan }: ReportData): string {
  const seeds = new Set(plan.cells.map(({ seed }) => seed)).size;
  const trainings = new Set(plan.cells.map(({ trainingKey }) => trainingKey)).size;
  return [
    counted(rows.length, 'arm'),
    counted(seeds, 'seed'),
    counted(trainings, 'training'),
    `engine ${[...new Set(Object.values(plan.engines))].join(', ')}`,
  ].join(' · ');
}

function prunedSection(pruned: readonly PrunedRow[]): Markup {
  return html`<section aria-labelledby="pruned"><h2 id="pruned">Pruned arms</h2>
${dataTable('Pruned arms', prunedColumns, pruned, { id: 'pruned-table', caption: 'Arms that were stopped before their end, and why.' })}
${columnMeanings(prunedColumns)}
</section>`;
}

const failureColumns: readonly TableColumn<CellError>[] = [
  { heading: 'arm', isNumber: false, cell: ({ arm }) => arm },
  { heading: 'seed', isNumber: true, cell: ({ seed }) => seed },
  { heading: 'code', isNumber: false, cell: ({ code }) => html`<code>${code}</code>` },
  { heading: 'error', isNumber: false, cell: ({ message }) => html`<span class="bad">${message}</span>` },
];

function failuresSection(failures: readonly CellError[]): Markup {
  return html`<section aria-labelledby="failures"><h2 id="failures">Failures</h2>
${dataTable('Failures', failureColumns, failures, { id: 'failures-table', caption: 'Cells without a result, and why.' })}
</section>`;
}
