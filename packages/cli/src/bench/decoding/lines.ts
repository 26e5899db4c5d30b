// What people see of the decoding benchmarks.
import { formatRate } from '../../output/quantities.ts';
import { type Column, formatTable } from '../../output/table.ts';
import type { BestLevelsReport } from './best-levels.ts';
import type { CurveReport } from './curve.ts';
import type { DecodingSpeed, DetailedSpeed } from './speeds.ts';

const right = (title: string): Column => ({ title, align: 'right' });
const optional = (value: number | undefined, digits = 2) => (value === undefined ? '–' : value.toFixed(digits));
const percent = (value: number | undefined) => (value === undefined ? '–' : `${(100 * value).toFixed(0)}%`);

/** The pinned figures as a table. */
export function speedLines(speeds: readonly DecodingSpeed[]): string[] {
  return formatTable(
    [{ title: 'engine' }, { title: 'decoder' }, right('batch'), right('tokens/s'), right('tokens per forward')],
    speeds.map(({ engine, batch, tokensPerSecond, tokensPerForward, ...speed }) => [
      engine,
      nameOf(speed),
      String(batch),
      formatRate(tokensPerSecond),
      tokensPerForward.toFixed(2),
    ]),
  );
}

/** Speeds stand twice, with prefill and without: what a user waits for, and what drafting can change. */
export function detailedLines(speeds: readonly DetailedSpeed[]): string[] {
  const columns = [
    right('batch'),
    right('tokens/s with prefill'),
    right('tokens/s without'),
    right('tokens per forward'),
    right('over greedy'),
    right('without prefill'),
    right('bound'),
    right('share of it'),
    right('without prefill'),
    right('JavaScript'),
  ];
  return formatTable(
    [{ title: 'decoder' }, ...columns],
    speeds.map((speed) => [
      nameOf(speed),
      String(speed.batch),
      formatRate(speed.tokensPerSecond),
      formatRate(speed.decodingTokensPerSecond),
      speed.tokensPerForward.toFixed(2),
      optional(speed.overGreedy),
      optional(speed.decodingOverGreedy),
      optional(speed.bound),
      optional(speed.shareOfBound),
      optional(speed.decodingShareOfBound),
      percent(speed.javaScriptShare),
    ]),
  );
}

const nameOf = ({ decoder, output }: Pick<DecodingSpeed, 'decoder' | 'output'>) =>
  output === undefined ? decoder : `${decoder} (${output})`;

/** Tokens per second by levels, batch by batch, and what the cost model made of them. */
export function bestLevelsLines({ engine, threads, batches }: BestLevelsReport): string[] {
  const most = Math.max(...batches.map(({ fixed }) => fixed.length));
  const levels = Array.from({ length: most }, (_, level) => right(`${level} levels`));
  const columns = [
    ...[right('batch'), ...levels, right('best'), right('again'), right('cost model'), right('its levels')],
    ...[right('ratio'), right('quartiles')],
  ];
  return [
    `${engine}, ${threads} ${threads === 1 ? 'thread' : 'threads'}: tokens/s without prefill, by levels drafted`,
    ...formatTable(
      columns,
      batches.map(({ batch, fixed, best, bestInPairs, costModel, costModelLevels, ratio, ratioQuartiles }) => [
        String(batch),
        ...fixed.map(formatRate),
        String(best),
        formatRate(bestInPairs),
        formatRate(costModel),
        costModelLevels.toFixed(2),
        ratio.toFixed(3),
        ratioQuartiles.map((quartile) => quartile.toFixed(3)).join(' to '),
      ]),
    ),
  ];
}

/** Widest bar of the chart. */
const BAR = 40;

/**
 * t(k) as a table; on a terminal with a bar for each number, as long as its time is of the batch's longest.
 *
 * @param isTerminal - whether bars can be drawn
 */
export function curveLines({ engine, threads, nodes, batches }: CurveReport, isTerminal: boolean): string[] {
  const columns = [right('batch'), right('nodes k'), right('verify ms'), right('over k = 1'), right('step ms')];
  const rows = batches.flatMap(({ batch, verifyMs, stepMs }) =>
    nodes.map((k) => {
      const own = verifyMs[k - 1];
      const cells = [String(batch), String(k), own.toFixed(2), (own / verifyMs[0]).toFixed(2)];
      return [...cells, stepMs[k - 1]?.toFixed(2) ?? '–', ...(isTerminal ? [bar(own / Math.max(...verifyMs))] : [])];
    }),
  );
  return [
    `${engine}, ${threads} ${threads === 1 ? 'thread' : 'threads'}: t(k), k nodes verified a row; a step drafts them as well`,
    ...formatTable([...columns, ...(isTerminal ? [{ title: '' }] : [])], rows),
  ];
}

/** Eighths of a block draw what whole ones cannot. */
function bar(share: number): string {
  const eighths = Math.max(1, Math.round(share * BAR * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8];
}
