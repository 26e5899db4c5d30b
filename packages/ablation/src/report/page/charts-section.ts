import { acceptanceChart } from '../charts/acceptance.ts';
import { bitsPerOffset } from '../charts/bits-per-offset.ts';
import type { ChartSpec } from '../charts/chart-spec.ts';
import { lossCurves, shownRange } from '../charts/loss-curves.ts';
import { paretoFront } from '../charts/pareto.ts';
import { qualitySpeedChart } from '../charts/quality-speed.ts';
import { renderChart } from '../charts/render-chart.ts';
import { speedChart } from '../charts/speed.ts';
import type { ArmStyle } from '../charts/theme.ts';
import type { CurvePoint } from '../learning-curves.ts';
import type { ReportData } from '../report-data.ts';
import { legend } from './legend.ts';
import { type Content, html, type Markup } from './markup.ts';
import { dataTable, type TableColumn } from './table.ts';

/** A chart with what stands around it. */
interface Figure {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly spec: ChartSpec | undefined;
  /** Arms that its legend names. */
  readonly arms: readonly string[];
  /** The same numbers, rounded for readers and exact for those who save them. */
  readonly headings: readonly string[];
  readonly values: readonly (readonly Content[])[];
}

/** Every chart, drawn; one without data says so. */
export async function chartsSection(data: ReportData, styles: readonly ArmStyle[]): Promise<Markup> {
  const figures = [
    lossFigure(data, styles),
    qualityFigure(data, styles),
    offsetFigure(data, styles),
    acceptanceFigure(data, styles),
    speedFigure(data, styles),
  ];
  const drawn: Markup[] = [];
  for (const figure of figures) drawn.push(await drawFigure(figure, styles));
  const [all, shown] = [data.rows.length, styles.length];
  return html`${
    all > shown &&
    html`<p class="note">Drawn: the baseline and the ${shown - 1} arms with the lowest ${data.unit} of ${all}. The tables have every arm.</p>`
  }
<div class="charts">${drawn}</div>`;
}

async function drawFigure(
  { id, title, caption, spec, arms, headings, values }: Figure,
  styles: readonly ArmStyle[],
): Promise<Markup> {
  if (!spec)
    return html`<figure id="${id}"><h3>${title}</h3><figcaption>Nothing was measured for this chart.</figcaption></figure>`;
  const columns = headings.map((heading, i): TableColumn<readonly Content[]> => {
    return { heading, isNumber: typeof values[0]?.[i] !== 'string', cell: (row) => row[i] };
  });
  return html`<figure id="${id}">
<h3>${title}</h3>
<figcaption>${caption}</figcaption>
${arms.length > 0 && legend(styles.filter(({ arm }) => arms.includes(arm)))}
<div class="scroll" tabindex="0" role="region" aria-label="${title}">${await renderChart(spec, { id, label: `${title}. ${caption}` })}</div>
<details><summary>Numbers</summary>
${dataTable(`Numbers of the figure “${title}”`, columns, values, { id: `${id}-table` })}
</details>
</figure>`;
}

/** Digits that a measurement has: those of float32. */
const DIGITS = 7;

/** A number as readers see it, with what it exactly is where that is more. */
function exact(value: number, shown: string): Content {
  const precise = Number(value.toPrecision(DIGITS));
  return String(precise) === shown ? precise : html`<data value="${precise}">${shown}</data>`;
}

function lossFigure({ curves, unit, bigram, rows }: ReportData, styles: readonly ArmStyle[]): Figure {
  const highest = curves.training.length > 0 ? shownRange(curves)[1] : Number.POSITIVE_INFINITY;
  const isCut = curves.training.some(({ bits }) => bits > highest);
  const bands = curves.training.some(({ seeds }) => seeds > 1) ? ' Bands hold every seed.' : '';
  const above = isCut ? ' The first steps are above the top.' : '';
  const ends = rows.some(({ pruned }) => pruned) ? ' A pruned arm ends at its rung.' : '';
  return {
    id: 'loss',
    title: 'Learning curves',
    caption: `Loss at offset 1 in ${unit}, mean over seeds: training, smoothed (lines), and held-out text (points).${bands}${above}${ends}`,
    spec: lossCurves(curves, styles, { unit, bigram }),
    arms: armsIn(curves.training),
    headings: ['arm', 'text', 'step', unit, 'lowest seed', 'highest seed', 'seeds'],
    values: [...curves.validation.map(curveRow('held-out')), ...curves.training.map(curveRow('training'))],
  };
}

const curveRow =
  (text: string) =>
  ({ arm, step, bits, low, high, seeds }: CurvePoint): Content[] => [
    arm,
    text,
    exact(step, step.toFixed(0)),
    ...[bits, low, high].map((value) => exact(value, value.toFixed(3))),
    exact(seeds, String(seeds)),
  ];

function qualityFigure({ qualities, unit }: ReportData, styles: readonly ArmStyle[]): Figure {
  const front = paretoFront(qualities);
  return {
    id: 'quality',
    title: 'Quality against speed',
    caption:
      'Right and down is better. Every decoder of every arm, but for lossy ones, at batch 1; dashed: the Pareto front, than whose points none is both better and faster.',
    spec: qualitySpeedChart(qualities, styles, { unit }),
    arms: armsIn(qualities),
    headings: ['arm', 'decoder', 'tokens/s', unit, 'on the front'],
    values: qualities.map((point) => [
      point.arm,
      point.decoder,
      exact(point.tokensPerSecond, point.tokensPerSecond.toFixed(1)),
      exact(point.bits, point.bits.toFixed(3)),
      front.includes(point) ? 'yes' : 'no',
    ]),
  };
}

function offsetFigure({ offsets: all, unit, bigram }: ReportData, styles: readonly ArmStyle[]): Figure {
  const offsets = all.filter(({ arm }) => styles.some((style) => style.arm === arm));
  return {
    id: 'offsets',
    title: `${unit[0].toUpperCase()}${unit.slice(1)} per offset`,
    caption: 'On held-out text, after training. Offset 1 is the next token; lower is better.',
    spec: bitsPerOffset(offsets, styles, { unit, bigram }),
    arms: armsIn(offsets),
    headings: ['arm', 'offset', unit],
    values: offsets.map(({ arm, offset, bits }) => [arm, exact(offset, String(offset)), exact(bits, bits.toFixed(3))]),
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
      exact(position, String(position)),
      exact(share, `${(100 * share).toFixed(1)}%`),
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
      exact(tokensPerSecond, tokensPerSecond.toFixed(1)),
      exact(ratio, `${ratio.toFixed(2)}×`),
    ]),
  };
}

const armsIn = (points: readonly { readonly arm: string }[]): string[] => [...new Set(points.map(({ arm }) => arm))];
