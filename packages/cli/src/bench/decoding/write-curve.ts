import { writeFileAtomic } from '@foretoken/core';
import type { CurveReport, StepCurve } from './curve.ts';

const WIDTH = 640;
const HEIGHT = 360;
const MARGIN = { left: 60, right: 90, top: 36, bottom: 46 };
const COLOURS = ['#4269d0', '#efb118', '#ff725c', '#6cc5b0', '#3ca951', '#a463f2'];

/** Where a value of either axis stands. */
interface Axes {
  x(nodes: number): number;
  y(ratio: number): number;
}

/**
 * Draws t(k) / t(1) of every batch size as SVG: verifying alone as lines, whole steps dashed.
 *
 * @throws DISK_FULL, FILE_WRITE
 */
export async function writeCurve(file: string, report: CurveReport): Promise<void> {
  await writeFileAtomic(file, curveSvg(report));
}

/** @returns a drawing that needs nothing else; the same report gives the same text */
export function curveSvg({ engine, threads, nodes, batches }: CurveReport): string {
  const ratios = batches.flatMap((curve) => [...ratiosOf(curve.verifyMs, curve), ...ratiosOf(curve.stepMs, curve)]);
  const most = Math.max(2, Math.ceil(Math.max(...ratios.map(([, ratio]) => ratio))));
  const [left, bottom] = [MARGIN.left, HEIGHT - MARGIN.bottom];
  const axes: Axes = {
    x: (k) => left + ((k - 1) * (WIDTH - left - MARGIN.right)) / (nodes.length - 1),
    y: (ratio) => bottom - (ratio * (bottom - MARGIN.top)) / most,
  };
  const steps = Array.from({ length: 5 }, (_, i) => (most * i) / 4);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text(
      left,
      20,
      `Time of a step over that of one node (${engine}, ${threads} threads); dashed: with drafting`,
      'start',
    ),
    ...steps.flatMap((step) => [
      `<line x1="${left}" x2="${WIDTH - MARGIN.right}" y1="${at(axes.y(step))}" y2="${at(axes.y(step))}" stroke="#ddd"/>`,
      text(left - 8, axes.y(step) + 4, String(step), 'end'),
    ]),
    ...nodes.map((k) => text(axes.x(k), bottom + 18, String(k), 'middle')),
    text((left + WIDTH - MARGIN.right) / 2, HEIGHT - 8, 'nodes verified a row, k', 'middle'),
    ...batches.flatMap((curve, index) => curveMarks(curve, COLOURS[index % COLOURS.length], axes)),
    '</svg>\n',
  ].join('\n');
}

function curveMarks(curve: StepCurve, colour: string, axes: Axes): string[] {
  const verify = ratiosOf(curve.verifyMs, curve);
  const [lastNodes, lastRatio] = verify[verify.length - 1];
  return [
    line(verify, colour, axes, ''),
    line(ratiosOf(curve.stepMs, curve), colour, axes, ' stroke-dasharray="4 3"'),
    text(axes.x(lastNodes) + 8, axes.y(lastRatio) + 4, `batch ${curve.batch}`, 'start', colour),
  ];
}

const ratiosOf = (ms: readonly (number | null)[], { verifyMs }: StepCurve): [nodes: number, ratio: number][] =>
  ms.flatMap((own, index): [number, number][] => (own === null ? [] : [[index + 1, own / verifyMs[0]]]));

const at = (value: number) => Number(value.toFixed(1));

function line(points: readonly (readonly [number, number])[], colour: string, { x, y }: Axes, more: string): string {
  const places = points.map(([nodes, ratio]) => `${at(x(nodes))},${at(y(ratio))}`).join(' ');
  return `<polyline points="${places}" fill="none" stroke="${colour}" stroke-width="2"${more}/>`;
}

const text = (x: number, y: number, words: string, anchor: string, colour = '#333') =>
  `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}" fill="${colour}">${words}</text>`;
