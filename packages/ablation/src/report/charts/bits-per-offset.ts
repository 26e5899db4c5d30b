import { CHART_WIDTH, type ChartSpec } from './chart-spec.ts';
import { bigramRule } from './loss-curves.ts';
import { type ArmStyle, armScales, dodgedAxis } from './theme.ts';

/** Held-out bits of one arm at one offset. */
export interface OffsetBits {
  readonly arm: string;
  readonly offset: number;
  readonly bits: number;
}

/** Held-out bits per byte of every offset, beside the bigram's. Undefined where nothing was measured. */
export function bitsPerOffset(
  points: readonly OffsetBits[],
  styles: readonly ArmStyle[],
  options: { readonly unit: string; readonly bigram?: number },
): ChartSpec | undefined {
  if (points.length === 0) return undefined;
  const { colour, shape, dash } = armScales(styles);
  const axis = dodgedAxis(
    'offset',
    points.map(({ offset }) => offset),
    styles,
  );
  const values = points.map((point) => ({
    ...point,
    place: axis.place(point.offset, point.arm),
    said: `${point.arm}, offset ${point.offset}: ${point.bits.toFixed(3)} ${options.unit}`,
  }));
  const x = axis.channel;
  const y = {
    field: 'bits',
    type: 'quantitative',
    title: options.unit,
    // Room above the bigram's line for its name.
    scale: { zero: false, nice: false, padding: 22 },
  };
  return {
    width: CHART_WIDTH,
    height: 280,
    data: { values },
    layer: [
      ...bigramRule(options.bigram),
      {
        mark: { type: 'line', strokeWidth: 2 },
        encoding: { x, y, color: colour, strokeDash: dash, description: { field: 'arm' } },
      },
      {
        mark: { type: 'point', filled: true, size: 90, opacity: 1, stroke: 'var(--page)', strokeWidth: 1 },
        encoding: { x, y, color: colour, shape, description: { field: 'said' } },
      },
    ],
  };
}
