import { acceptanceChart } from '../charts/acceptance.ts';
import { bitsPerOffset } from '../charts/bits-per-offset.ts';
import type { ChartSpec } from '../charts/chart-spec.ts';
import { lossCurves, shownRange } from '../charts/loss-curves.ts';
import { renderChart } from '../charts/render-chart.ts';
import { speedChart } from '../charts/speed.ts';
import { type ArmStyle, armStyles } from '../charts/theme.ts';
import type { ReportData } from '../report-data.ts';
import { legend } from './legend.ts';
import { html, type Markup } from './markup.ts';

/** A chart with what stands around it. */
interface Figure {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly spec: ChartSpec | undefined;
  /** Arms that its legend names. */
  readonly arms: readonly string[];
  /** The same numbers as text. */
  readonly headings: readonly string[];
  readonly values: readonly (readonly string[])[];
}

/** Every chart, drawn; one without data says so. */
export async function chartsSection(data: ReportData): Promise<Markup> {
  const styles = armStyles(data.rows.map(({ arm }) => arm));
  const figures = [
    lossFigure(data, styles),
    offsetFigure(data, styles),
    acceptanceFigure(data, styles),
    speedFigure(data, styles),
  ];
  const drawn: Markup[] = [];
  for (const figure of figures) drawn.push(await drawFigure(figure, styles));
  return html`<div class="charts">${drawn}</div>`;
}

async function drawFigure(
  { id, title, caption, spec, arms, headings, values }: Figure,
  styles: readonly ArmStyle[],
): Promise<Markup> {
  if (!spec)
    return html`<figure id="${id}"><h3>${title}</h3><figcaption>Nothing was measured for this chart.</figcaption></figure>`;
  return html`<figure id="${id}">
<h3>${title}</h3>
<figcaption>${caption}</figcaption>
${arms.length > 0 && legend(styles.filter(({ arm }) => arms.includes(arm)))}
<div class="scroll" tabindex="0" role="region" aria-label="${title}">${await renderChart(spec, { id, label: `${title}. ${caption}` })}</div>
<details><summary>Numbers</summary>
<div class="scroll"><table>
<thead><tr>${headings.map((heading, i) => html`<th scope="col"${i === 0 ? '' : html` class="number"`}>${heading}</th>`)}</tr></thead>
<tbody>${values.map((row) => html`<tr>${row.map((text, i) => (i === 0 ? html`<th scope="row">${text}</th>` : html`<td class="number">${text}</td>`))}</tr>`)}</tbody>
</table></div>
</details>
</figure>`;
}

function lossFigure({ curves, unit, bigram }: ReportData, styles: readonly ArmStyle[]): Figure {
  const isCut = curves.training.some(({ bits }) => bits > shownRange(curves)[1]);
  const above = isCut ? ' The first steps are above the top.' : '';
  return {
    id: 'loss',
    title: 'Learning curves',
    caption: `Loss at offset 1 in ${unit}, mean over seeds: training, smoothed (lines), and held-out text (points).${above}`,
    spec: lossCurves(curves, styles, { unit, bigram }),
    arms: armsIn(curves.training),
    headings: ['arm', 'step', `held-out ${unit}`],
    values: curves.validation.map(({ arm, step, bits }) => [arm, String(step), bits.toFixed(3)]),
  };
}

function offsetFigure({ offsets, unit, bigram }: ReportData, styles: readonly ArmStyle[]): Figure {
  return {
    id: 'offsets',
    title: `${unit[0].toUpperCase()}${unit.slice(1)} per offset`,
    caption: 'On held-out text, after training. Offset 1 is the next token; lower is better.',
    spec: bitsPerOffset(offsets, styles, { unit, bigram }),
    arms: armsIn(offsets),
    headings: ['arm', 'offset', unit],
    values: offsets.map(({ arm, offset, bits }) => [arm, String(offset), bits.toFixed(3)]),
  };
}

function acceptanceFigure({ acceptance }: ReportData, styles: readonly ArmStyle[]): Figure {
  return {
    id: 'acceptance',
    title: 'Acceptance per draft position',
    caption:
      'Marginal: of the drafts proposed. Conditional: of those whose predecessor was accepted. Label match: marginal, against held-out text. Every decoder is in the table below.',
    spec: acceptanceChart(acceptance, styles),
    arms: armsIn(acceptance),
    headings: ['arm', 'kind', 'draft', 'accepted'],
    values: acceptance.map(({ arm, kind, position, share }) => [
      arm,
      kind,
      String(position),
      `${(100 * share).toFixed(1)}%`,
    ]),
  };
}

function speedFigure({ speeds }: ReportData, styles: readonly ArmStyle[]): Figure {
  return {
    id: 'speed',
    title: 'Decoding speed beside greedy',
    caption: 'Tokens per second at batch 1, prefill included, interleaved in one process. Depends on the machine.',
    spec: speedChart(speeds, styles),
    // The bars carry the names of their arms.
    arms: [],
    headings: ['arm', 'decoder', 'tokens/s', 'over greedy'],
    values: speeds.map(({ arm, decoder, tokensPerSecond, ratio }) => [
      arm,
      decoder,
      tokensPerSecond.toFixed(1),
      `${ratio.toFixed(2)}×`,
    ]),
  };
}

const armsIn = (points: readonly { readonly arm: string }[]): string[] => [...new Set(points.map(({ arm }) => arm))];
