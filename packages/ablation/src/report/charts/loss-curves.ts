import type { CurvePoint, LearningCurves } from '../learning-curves.ts';
import { CHART_WIDTH, type ChartSpec } from './chart-spec.ts';
import { type ArmStyle, armScales } from './theme.ts';

/**
 * Training loss (lines) and validation loss (points) at offset 1.
 *
 * The first steps of a training are so much worse than the rest that they would flatten it: they are cut off at the top.
 * @returns undefined where nothing was recorded
 */
export function lossCurves(
  { training, validation }: LearningCurves,
  styles: readonly ArmStyle[],
  options: { readonly unit: string; readonly bigram?: number },
): ChartSpec | undefined {
  if (training.length === 0) return undefined;
  const { colour, shape, dash } = armScales(styles);
  const y = {
    field: 'bits',
    type: 'quantitative',
    title: options.unit,
    scale: { zero: false, domain: shownRange({ training, validation }) },
  };
  const x = { field: 'step', type: 'quantitative', title: 'step', axis: { tickMinStep: 1 } };
  return {
    width: CHART_WIDTH,
    height: 280,
    data: { values: training },
    layer: [
      ...bigramRule(options.bigram),
      {
        mark: { type: 'line', clip: true, strokeWidth: 2, strokeJoin: 'round' },
        encoding: { x, y, color: colour, strokeDash: dash, description: { field: 'arm' } },
      },
      {
        data: { values: validation.map((point) => ({ ...point, said: said(point, options.unit) })) },
        mark: { type: 'point', filled: true, size: 55, opacity: 1, stroke: 'var(--page)', strokeWidth: 1 },
        encoding: { x, y, color: colour, shape, description: { field: 'said' } },
      },
    ],
  };
}

const said = ({ arm, step, bits }: CurvePoint, unit: string): string =>
  `${arm}: ${bits.toFixed(3)} ${unit} on held-out text after step ${step}`;

/** What a bigram model reaches, as a line to get below. */
export function bigramRule(bigram: number | undefined): object[] {
  if (bigram === undefined) return [];
  const said = `bigram ${bigram.toFixed(2)}`;
  // Data of its own: the chart's would draw one line per point.
  const shared = { data: { values: [{ bigram, said }] }, encoding: { y: { field: 'bigram', type: 'quantitative' } } };
  return [
    { ...shared, mark: { type: 'rule', strokeDash: [4, 4], strokeWidth: 1.5, clip: true, description: said } },
    {
      ...shared,
      mark: {
        type: 'text',
        align: 'right',
        baseline: 'bottom',
        x: 'width',
        dy: -4,
        color: 'var(--muted)',
        text: said,
        clip: true,
        aria: false,
      },
    },
  ];
}

/** Bits that the chart shows: from the best value to the worst that any arm has after a twentieth of its steps. */
export function shownRange({ training, validation }: LearningCurves): readonly [number, number] {
  const last = Math.max(...training.map(({ step }) => step));
  const values = [...training.filter(({ step }) => step > last / 20), ...validation].map(({ bits }) => bits);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = (high - low || 1) * 0.05;
  return [low - margin, high + margin];
}
