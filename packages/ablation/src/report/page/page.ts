import { createHash } from 'node:crypto';
import { hasCost } from '../cost-table.ts';
import { counted } from '../numbers.ts';
import type { CellError, ReportData } from '../report-data.ts';
import { verdictSentences } from '../verdict-sentence.ts';
import { chartsSection } from './charts-section.ts';
import { decodingSection } from './decoding-section.ts';
import { html, Markup } from './markup.ts';
import { provenanceSection } from './provenance-section.ts';
import { samplesSection } from './samples-section.ts';
import { pageStyle } from './style.ts';
import { costTable, verdictTable } from './verdict-section.ts';

/**
 * The report as one file: nothing is fetched, no script is in it, and its policy forbids both. Every text from outside
 * is escaped.
 */
export async function reportPage(data: ReportData): Promise<string> {
  const { name, rows, samples, failures } = data;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(policy(pageStyle))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name} – ablation report</title>
<style>${new Markup(pageStyle)}</style>
</head>
<body>
<main>
<header>
<h1>${name}</h1>
<p class="verdict">${verdictSentences(rows).join(' ')}</p>
<p class="meta">${summary(data)}</p>
</header>
<section aria-labelledby="verdict"><h2 id="verdict">Verdict</h2>
${verdictTable(rows)}
</section>
${
  hasCost(rows) &&
  html`<section aria-labelledby="cost"><h2 id="cost">Cost</h2>
${costTable(rows)}
</section>`
}
${failures.length > 0 && failuresSection(failures)}
<section aria-labelledby="charts"><h2 id="charts">Charts</h2>
${await chartsSection(data)}
</section>
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
</body>
</html>
`;
  return page.text;
}

/** Nothing from anywhere, but for the one style sheet of the page itself. */
function policy(style: string): string {
  const hash = createHash('sha256').update(style).digest('base64');
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
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

function failuresSection(failures: readonly CellError[]): Markup {
  return html`<section aria-labelledby="failures"><h2 id="failures">Failures</h2>
<div class="scroll"><table>
<thead><tr><th scope="col">arm</th><th scope="col" class="number">seed</th><th scope="col">error</th></tr></thead>
<tbody>${failures.map(({ arm, seed, message }) => html`<tr><th scope="row">${arm}</th><td class="number">${seed}</td><td class="bad">${message}</td></tr>`)}</tbody>
</table></div>
</section>`;
}
