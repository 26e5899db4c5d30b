import { CHART_WIDTH, type ChartSpec } from './chart-spec.ts';
import type { ArmStyle } from './theme.ts';

/** Speed of one decoder of one arm. */
export interface DecoderSpeed {
  readonly arm: string;
  readonly decoder: string;
  /** Whether the others of its arm are compared with it. */
  readonly isBaseline: boolean;
  readonly isLossy: boolean;
  readonly tokensPerSecond: number;
  /** Over the baseline. */
  readonly ratio: number;
}

const GREEDY = 'var(--muted-bar)';
const ROW_PIXELS = 22;
/** Labels and title of the horizontal axis. */
const AXIS_PIXELS = 44;

/** Tokens per second of every decoder beside greedy, arm by arm. Undefined where nothing was timed. */
export function speedChart(speeds: readonly DecoderSpeed[], styles: readonly ArmStyle[]): ChartSpec | undefined {
  if (speeds.length === 0) return undefined;
  const rows = styles.flatMap((style) => rowsOf(style, speeds));
  const fastest = Math.max(...speeds.map(({ tokensPerSecond }) => tokensPerSecond));
  const x = {
    field: 'tokensPerSecond',
    type: 'quantitative',
    title: 'tokens per second',
    // What is written behind the longest bar needs room of its own: the chart is fitted around it.
    scale: { domain: [0, fastest], nice: false },
    axis: { tickCount: 5, grid: true, domain: false },
  };
  const y = {
    field: 'row',
    type: 'ordinal',
    title: null,
    sort: rows.map(({ row }) => row),
    scale: { padding: 0.04 },
    axis: { labelColor: 'var(--ink)', labelExpr: `substring(datum.value, ${NUMBER_DIGITS})` },
  };
  return {
    width: CHART_WIDTH,
    height: rows.length * ROW_PIXELS + AXIS_PIXELS,
    data: { values: rows },
    encoding: { x, y },
    layer: [
      {
        mark: { type: 'bar', cornerRadiusEnd: 2 },
        encoding: { color: { field: 'colour', type: 'nominal', scale: null }, description: { field: 'said' } },
      },
      {
        mark: { type: 'text', align: 'left', baseline: 'middle', dx: 5, aria: false },
        encoding: { text: { field: 'label' } },
      },
    ],
  };
}

/** Characters of a decoder's name behind its bar. */
const LONGEST_NAME = 24;

/** Digits that keep the rows apart and in order; the arm's name, shown on its first row only, stands behind them. */
const NUMBER_DIGITS = 9;

/** Rows of one arm, its baseline first, and an empty one that sets it off from the next. */
function rowsOf({ arm, colour }: ArmStyle, speeds: readonly DecoderSpeed[]): { readonly row: string }[] {
  const own = speeds
    .filter((speed) => speed.arm === arm)
    .toSorted((a, b) => Number(b.isBaseline) - Number(a.isBaseline));
  const key = (speed: DecoderSpeed | undefined, name: string): string => {
    const number = speed === undefined ? own.length : own.indexOf(speed);
    return `${String(speeds.findIndex((one) => one.arm === arm)).padStart(5, '0')}${String(number).padStart(4, '0')}${name}`;
  };
  const rows = own.map((speed, i) => ({
    ...speed,
    ...labels(speed),
    row: key(speed, i === 0 ? arm : ''),
    colour: speed.isBaseline ? GREEDY : colour,
  }));
  return rows.length === 0 ? [] : [...rows, { row: key(undefined, '') }];
}

function labels({ arm, decoder, isBaseline, tokensPerSecond, ratio }: DecoderSpeed) {
  const speed = tokensPerSecond < 10 ? tokensPerSecond.toFixed(1) : tokensPerSecond.toFixed(0);
  const times = isBaseline ? '' : ` · ${ratio.toFixed(2)}×`;
  const short = decoder.length > LONGEST_NAME ? `${decoder.slice(0, LONGEST_NAME - 1)}…` : decoder;
  return { label: `${short} ${speed}${times}`, said: `${arm}, ${decoder}: ${speed} tokens per second${times}` };
}
