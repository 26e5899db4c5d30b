import type { CurvePoint, LearningCurves } from '../learning-curves.ts';
import { CHART_WIDTH, type ChartSpec } from './chart-spec.ts';
import { type ArmStyle, armScales } from './theme.ts';

/**
 * Training loss (lines) and validation loss (points) at offset 1, in a band as wide as the seeds lie apart.
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
  // The last points are the ones that matter: no edge cuts them.
  const scale = { nice: false, padding: 6 };
  const x = { field: 'step', type: 'quantitative', title: 'step', axis: { tickMinStep: 1 }, scale };
  return {
    width: CHART_WIDTH,
    height: 280,
    data: { values: training },
    layer: [
      ...bigramRule(options.bigram),
      ...seedBands(training, x, colour),
      {
        mark: { type: 'line', clip: true, strokeWidth: 2, strokeJoin: 'round' },
        encoding: { x, y, color: colour, strokeDash: dash, description: { field: 'arm' } },
      },
      {
        data: { values: validation.map((point) => ({ ...point, said: said(point, options.unit) })) },
        mark: { type: 'point', filled: true, clip: true, size: 55, opacity: 1, stroke: 'var(--page)', strokeWidth: 1 },
        encoding: { x, y, color: colour, shape, description: { field: 'said' } },
      },
    ],
  };
}

/** Where an arm's seeds lie, beneath its line; nothing where each arm has one seed. */
function seedBands(training: readonly CurvePoint[], x: object, color: object): object[] {
  const several = training.filter(({ seeds }) => seeds > 1);
  if (several.length === 0) return [];
  return [
    {
      data: { values: several },
      mark: { type: 'area', clip: true, opacity: 0.18, aria: false },
      encoding: { x, y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' }, color },
    },
  ];
}

function said({ arm, step, bits, low, high, seeds }: CurvePoint, unit: string): string {
  const range = seeds > 1 ? ` (${low.toFixed(3)} to ${high.toFixed(3)} over ${seeds} seeds)` : '';
  return `${arm}: ${bits.toFixed(3)}${range} ${unit} on held-out text after step ${step}`;
}

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

/** Bits that the chart shows: from the best value to the worst that any arm has after a tenth of its steps. */
export function shownRange({ training, validation }: LearningCurves): readonly [number, number] {
  const last = Math.max(...training.map(({ step }) => step));
  const shown = [...training, ...validation].filter(({ step }) => step > last / 10);
  const values = shown.flatMap(({ low, high }) => [low, high]);
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const margin = (highest - lowest || 1) * 0.05;
  return [lowest - margin, highest + margin];
}
