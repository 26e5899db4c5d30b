import type { ChartSpec } from './chart-spec.ts';
import { type ArmStyle, armScales, dodgedAxis } from './theme.ts';

/** What is drawn side by side, in this order. */
export const ACCEPTANCE_KINDS = ['marginal', 'conditional', 'label match'] as const;

/** Acceptance of one draft position. */
export interface AcceptancePoint {
  readonly arm: string;
  readonly kind: (typeof ACCEPTANCE_KINDS)[number];
  /** Position of the draft, from 1: its offset is one more. */
  readonly position: number;
  /** Share of the drafts, in [0, 1]. */
  readonly share: number;
}

/** Acceptance per draft position. Undefined where nothing was drafted. */
export function acceptanceChart(
  points: readonly AcceptancePoint[],
  styles: readonly ArmStyle[],
): ChartSpec | undefined {
  if (points.length === 0) return undefined;
  const { colour, shape, dash } = armScales(styles);
  const axis = dodgedAxis(
    'draft',
    points.map(({ position }) => position),
    styles,
  );
  const values = points.map((point) => ({
    ...point,
    place: axis.place(point.position, point.arm),
    said: `${point.arm}, draft ${point.position}, ${point.kind}: ${(100 * point.share).toFixed(1)}%`,
  }));
  const kinds = ACCEPTANCE_KINDS.filter((kind) => points.some((point) => point.kind === kind));
  const x = axis.channel;
  const y = {
    field: 'share',
    type: 'quantitative',
    title: 'accepted',
    scale: { domain: [0, 1] },
    axis: { format: '.0%', tickCount: 5 },
  };
  return {
    data: { values },
    facet: { column: { field: 'kind', type: 'nominal', sort: kinds } },
    spacing: 24,
    spec: {
      width: 510 / kinds.length - 16,
      height: 250,
      layer: [
        {
          mark: { type: 'line', strokeWidth: 2 },
          encoding: { x, y, color: colour, strokeDash: dash, description: { field: 'arm' } },
        },
        {
          mark: { type: 'point', filled: true, size: 80, opacity: 1, stroke: 'var(--page)', strokeWidth: 1 },
          encoding: { x, y, color: colour, shape, description: { field: 'said' } },
        },
      ],
    },
  };
}
