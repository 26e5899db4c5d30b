import { CHART_WIDTH, type ChartSpec } from './chart-spec.ts';
import { paretoFront, type QualityAndSpeed } from './pareto.ts';
import { type ArmStyle, armScales } from './theme.ts';

/** How good one arm is and how fast one of its decoders. */
export interface QualityPoint extends QualityAndSpeed {
  readonly arm: string;
  readonly decoder: string;
}

/** Bits over tokens per second, and the front of what nothing beats in both. Undefined where nothing was timed. */
export function qualitySpeedChart(
  points: readonly QualityPoint[],
  styles: readonly ArmStyle[],
  { unit }: { readonly unit: string },
): ChartSpec | undefined {
  if (points.length === 0) return undefined;
  const { colour, shape } = armScales(styles);
  const front = paretoFront(points);
  const values = points.map((point) => ({ ...point, said: said(point, unit, front.includes(point)) }));
  const x = {
    field: 'tokensPerSecond',
    type: 'quantitative',
    title: 'tokens per second',
    scale: { zero: false, padding: 14 },
    axis: { tickCount: 6 },
  };
  const y = { field: 'bits', type: 'quantitative', title: unit, scale: { zero: false, padding: 14 } };
  return {
    width: CHART_WIDTH,
    height: 280,
    data: { values },
    layer: [
      {
        data: { values: front },
        // What lies right of and above a point is worse in one respect at least: a step, not a slope between two points.
        mark: { type: 'line', interpolate: 'step-before', strokeWidth: 1.5, strokeDash: [4, 4], color: 'var(--muted)' },
        encoding: { x, y, order: { field: 'tokensPerSecond' }, description: { value: 'Pareto front' } },
      },
      {
        mark: { type: 'point', filled: true, size: 90, opacity: 1, stroke: 'var(--page)', strokeWidth: 1 },
        encoding: { x, y, color: colour, shape, description: { field: 'said' } },
      },
    ],
  };
}

function said({ arm, decoder, bits, tokensPerSecond }: QualityPoint, unit: string, isOnFront: boolean): string {
  const numbers = `${bits.toFixed(3)} ${unit} at ${tokensPerSecond.toFixed(0)} tokens per second`;
  return `${arm}, ${decoder}: ${numbers}${isOnFront ? ', on the Pareto front' : ''}`;
}
