import type { TopLevelSpec } from 'vega-lite';
import { escapeHtml, Markup } from '../page/markup.ts';
import type { ChartSpec } from './chart-spec.ts';
import { chartConfig } from './theme.ts';

/**
 * Draws a chart as SVG to stand in a page: its size follows the page, its colours the page's CSS variables, every mark
 * has a tooltip, and nothing is fetched or run by it. The same specification gives the same text.
 *
 * vega is loaded here, with the first chart: nothing else needs it.
 * @param label - what the chart shows, for those who cannot see it
 * @param id - unique in the page: the drawing's own ids start with it
 */
export async function renderChart(
  spec: ChartSpec,
  { id, label }: { readonly id: string; readonly label: string },
): Promise<Markup> {
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const { spec: compiled } = compile({
    ...spec,
    config: chartConfig,
    autosize: autosize(spec),
  } as unknown as TopLevelSpec);
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logLevel: vega.Error });
  try {
    return new Markup(standing(await view.toSVG(), id, label));
  } finally {
    view.finalize();
  }
}

/** A chart of one panel keeps its size, axes included; panels side by side are laid out by themselves. */
const autosize = (spec: ChartSpec) => ('facet' in spec ? { type: 'pad' } : { type: 'fit', contains: 'padding' });

/** Makes vega's drawing fit for a page under a strict policy. */
function standing(svg: string, id: string, label: string): string {
  const [, width, height] = /<svg[^>]* width="([\d.]+)" height="([\d.]+)"/.exec(svg)!;
  const opening = `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeHtml(label)}" viewBox="0 0 ${width} ${height}">`;
  const drawing = svg.slice(svg.indexOf('>') + 1);
  return opening + withOwnIds(drawing, id).replaceAll(GEOMETRY, shortened).replaceAll(MARK, titled);
}

/** vega numbers its clips through the whole process: two drawings of one page would meet, and no two runs be the same. */
function withOwnIds(drawing: string, id: string): string {
  const found = [...drawing.matchAll(/<clipPath id="([^"]*)"/g)].map(([, name]) => name);
  return drawing.replaceAll(/(<clipPath id="|clip-path="url\(#)([^")]*)/g, (_, before: string, name: string) => {
    return `${before}${id}-clip-${found.indexOf(name)}`;
  });
}

/** Attributes that hold nothing but places and sizes. */
const GEOMETRY = / (?:d|transform|x2|y2)="[^"]*"/g;

/** A hundredth of a pixel is as fine as anyone sees. */
const shortened = (attribute: string): string =>
  attribute.replaceAll(/-?\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2))));

/** A mark with its description, which vega gives as an attribute alone. */
const MARK =
  /<(path|line|text|rect|image) aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="[^"]*"((?: [^>]*)?)\/>/g;

const titled = (_: string, element: string, said: string, rest: string): string =>
  `<${element}${rest}><title>${said}</title></${element}>`;
