import type { Comparison, Verdict } from '../../statistics/compare-arms.ts';
import type { ForestScale } from '../charts/forest-scale.ts';
import { html, type Markup } from './markup.ts';

/** Pixels down, of one arm. */
const HEIGHT = 18;
const MIDDLE = HEIGHT / 2;

/** The classes that colour a verdict; the others are shown as any text. */
export const VERDICT_CLASSES: Readonly<Partial<Record<Verdict, string>>> = { better: 'good', worse: 'bad' };

/** The interval of one arm as a line around its difference: filled where the verdict is one, arrows where it goes on. */
export function forestPlot(scale: ForestScale, comparison: Comparison | undefined): Markup {
  const { width, zero } = scale;
  const mark = scale.mark(comparison);
  const name = (comparison && VERDICT_CLASSES[comparison.verdict]) ?? 'open';
  return html`<svg class="forest" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}" aria-hidden="true"><path class="zero" d="M${zero},0V${HEIGHT}"/>${mark?.interval && html`<path class="interval" d="${intervalPath(mark.interval)}"/>`}${mark && html`<circle class="${name}" cx="${mark.difference}" cy="${MIDDLE}" r="4"/>`}</svg>`;
}

/** Which side is the better one. */
export function forestAxis({ width, zero }: ForestScale): Markup {
  return html`<svg class="forest axis" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}" aria-hidden="true"><path class="zero" d="M${zero},0V${HEIGHT}"/><text x="${zero - 6}" y="13" text-anchor="end">◂ better</text><text x="${zero + 6}" y="13">worse ▸</text></svg>`;
}

function intervalPath({
  low,
  high,
  isCutLow,
  isCutHigh,
}: NonNullable<ReturnType<ForestScale['mark']>>['interval'] & object): string {
  const end = (x: number, isCut: boolean, inwards: number): string =>
    isCut
      ? `M${x + 5 * inwards},${MIDDLE - 4}L${x},${MIDDLE}L${x + 5 * inwards},${MIDDLE + 4}`
      : `M${x},${MIDDLE - 4}V${MIDDLE + 4}`;
  return `M${low},${MIDDLE}H${high}${end(low, isCutLow, 1)}${end(high, isCutHigh, -1)}`;
}
