/** How many arms have a colour of their own; further ones repeat the colours with another shape and dash. */
export const NUM_COLOURS = 8;

const SHAPES = [
  'circle',
  'square',
  'triangle-up',
  'diamond',
  'cross',
  'triangle-down',
  'triangle-right',
  'triangle-left',
] as const;
const DASHES = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
] as const;

/** How far apart the shapes of two arms of one colour are. */
const SHAPE_SHIFT = 3;

/** How an arm is drawn, in every chart alike. Colour is never alone: shape and dash tell the same. */
export interface ArmStyle {
  readonly arm: string;
  /** A CSS variable, so that one drawing serves light and dark pages. */
  readonly colour: string;
  readonly shape: (typeof SHAPES)[number];
  readonly dash: readonly number[];
}

/** Styles by the order of the arms: the same arm looks the same in every chart. */
export function armStyles(arms: readonly string[]): ArmStyle[] {
  return arms.map((arm, i) => ({
    arm,
    colour: `var(--arm-${i % NUM_COLOURS})`,
    // A colour comes back with another shape: points have no dashes.
    shape: SHAPES[(i + SHAPE_SHIFT * Math.floor(i / NUM_COLOURS)) % SHAPES.length],
    dash: DASHES[Math.floor(i / NUM_COLOURS) % DASHES.length],
  }));
}

/** Scales that give each of these arms its style. */
export function armScales(styles: readonly ArmStyle[]) {
  const domain = styles.map(({ arm }) => arm);
  return {
    colour: {
      field: 'arm',
      type: 'nominal',
      legend: null,
      scale: { domain, range: styles.map((style) => style.colour) },
    },
    shape: {
      field: 'arm',
      type: 'nominal',
      legend: null,
      scale: { domain, range: styles.map((style) => style.shape) },
    },
    dash: { field: 'arm', type: 'nominal', legend: null, scale: { domain, range: styles.map((style) => style.dash) } },
  } as const;
}

/** How far the outermost arms move from their whole number. */
const DODGE = 0.09;

/**
 * An axis of whole numbers on which the arms stand side by side, so that no mark hides another.
 *
 * @returns the channel, and the place of an arm's value on it
 */
export function dodgedAxis(title: string, numbers: readonly number[], styles: readonly ArmStyle[]) {
  const values = [...new Set(numbers)].sort((a, b) => a - b);
  const step = styles.length > 1 ? (2 * DODGE) / (styles.length - 1) : 0;
  const first = styles.length > 1 ? -DODGE : 0;
  return {
    channel: {
      field: 'place',
      type: 'quantitative',
      title,
      scale: { domain: [values[0] - 0.4, values[values.length - 1] + 0.4], nice: false, zero: false },
      axis: { values, format: 'd' },
    },
    place: (value: number, arm: string): number =>
      value + first + step * styles.findIndex((style) => style.arm === arm),
  } as const;
}

const INK = 'var(--ink)';
const MUTED = 'var(--muted)';
const LINE = 'var(--line)';

/** Pixels that a label of an axis may take; what is longer ends in dots. */
const LABEL_LIMIT = 180;

/** Colours and sizes of everything that is not an arm. */
export const chartConfig = {
  background: null,
  font: 'inherit',
  view: { stroke: null },
  axis: {
    labelColor: MUTED,
    titleColor: MUTED,
    titleFontWeight: 'normal',
    labelFontSize: 12,
    titleFontSize: 12,
    titlePadding: 8,
    gridColor: LINE,
    domainColor: LINE,
    tickColor: LINE,
    domain: false,
    ticks: false,
    labelPadding: 6,
    labelLimit: LABEL_LIMIT,
  },
  axisX: { grid: false, domain: true },
  header: {
    labelColor: INK,
    labelFontSize: 13,
    labelFontWeight: 600,
    title: null,
    labelAnchor: 'start',
    labelPadding: 8,
  },
  text: { color: INK, fontSize: 12 },
  rule: { color: MUTED },
} as const;
