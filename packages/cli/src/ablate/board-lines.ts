import type { StandingArm } from '@foretoken/ablation';
import { differenceWords } from '@foretoken/ablation/finished';
import type { Ansis } from 'ansis';
import { cutToWidth, displayWidth, padToWidth } from '../output/display-width.ts';
import { fitParts, type LinePart } from '../output/fit-parts.ts';
import { oneLine } from '../output/one-line.ts';
import { formatDuration, formatRate } from '../output/quantities.ts';
import type { CellCounts, RunningTask, RunState } from './run-state.ts';
import type { TimeLeft } from './time-left.ts';

/** Where lines are drawn. */
export interface BoardOptions {
  readonly columns: number;
  readonly rows: number;
  readonly colours: Ansis;
  /** Ctrl-C was pressed. */
  readonly isStopping: boolean;
}

/** An ablation that runs, on a terminal: cells, tasks under way, and what the pairs that exist so far say. */
export function boardLines(state: RunState, options: BoardOptions): string[] {
  const running = state.running();
  const tasks = running.slice(0, Math.max(1, Math.floor((options.rows - 3) / 2)));
  const head = [headerLine(state, options), ...taskLines(tasks, options), ...more(running.length - tasks.length)];
  return [...head, ...verdictLines(state, { ...options, rows: options.rows - head.length })].slice(0, options.rows);
}

function headerLine(state: RunState, { columns, colours, isStopping }: BoardOptions): string {
  const [first, ...others] = countParts(state.cells(), state.timeLeft(), state.seconds());
  const stopping = { text: 'stopping: trainings save a checkpoint', paint: colours.yellow };
  return fitParts([{ ...first, paint: colours.bold }, ...(isStopping ? [stopping] : []), ...others], columns, ' · ');
}

/** `3/9 cells done · 2 running · 4 left · 1:42 so far · about 3:10 left`, each part by how much it matters. */
export function countParts(
  { total, done, failed, pruned, running, untimed, left }: CellCounts,
  time: TimeLeft | undefined,
  seconds: number,
): [LinePart, ...LinePart[]] {
  return [
    { text: `${done}/${total} cells done` },
    { text: failed === 0 ? '' : `${failed} failed`, keep: 5 },
    { text: pruned === 0 ? '' : `${pruned} pruned`, keep: 5 },
    { text: `${running} running`, keep: 3 },
    { text: untimed === 0 ? '' : `${untimed} to be timed`, keep: 3 },
    { text: `${left} left`, keep: 2 },
    { text: `${formatDuration(seconds)} so far`, keep: 1 },
    { text: timeWords(time), keep: 4 },
  ];
}

/** `about 3:10 left`, or nothing before there is a rate. */
export function timeWords(time: TimeLeft | undefined): string {
  if (!time) return '';
  return `${time.isAtLeast ? 'at least' : 'about'} ${formatDuration(time.seconds)} left`;
}

const BAR = 12;

function taskLines(tasks: readonly RunningTask[], { columns, colours }: BoardOptions): string[] {
  const labels = tasks.map(({ info }) => `  ${oneLine(info.label)}`);
  const width = Math.min(Math.floor(columns / 2), Math.max(0, ...labels.map(displayWidth)));
  return tasks.map((task, i) => {
    const [first, ...others] = [{ text: padToWidth(labels[i], width) }, ...taskParts(task, colours)];
    return fitParts([others.length === 0 ? { text: labels[i] } : first, ...others], columns);
  });
}

function taskParts({ progress, waitsFor }: RunningTask, colours: Ansis): LinePart[] {
  if (waitsFor !== undefined) return [{ text: `waits for process ${waitsFor}, which is timing alone`, keep: 1 }];
  if (!progress) return [];
  const { done, total, unit, perSecond, secondsLeft, loss, tokensPerSecond, what } = progress;
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const filled = Math.round(share * BAR);
  const count =
    unit === 'steps' ? `${grouped(done)}/${grouped(total)} ${unit}` : `${Math.floor(done)}/${total} ${unit}`;
  return [
    { text: `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)}`, keep: 4, paint: colours.cyan },
    { text: `${Math.floor(share * 100)}%`.padStart(4) },
    { text: count, keep: 3 },
    { text: perSecond > 0 && unit === 'steps' ? `${formatRate(perSecond)} steps/s` : '', keep: 1 },
    { text: tokensPerSecond === undefined ? '' : `${formatRate(tokensPerSecond)} tokens/s`, keep: 7 },
    { text: loss === undefined ? '' : `loss ${loss.toFixed(3)}`, keep: 6 },
    { text: what === undefined ? '' : oneLine(what), keep: 8 },
    { text: secondsLeft === undefined ? '' : `${formatDuration(secondsLeft)} left`, keep: 2 },
  ];
}

const grouped = (value: number): string => value.toLocaleString('en-US');

/** Nothing before there is a pair. */
function verdictLines({ standing }: RunState, { columns, rows, colours }: BoardOptions): string[] {
  const [baseline, ...others] = standing.arms();
  const paired = others.filter(({ comparison }) => (comparison?.pairs ?? 0) > 0);
  if (paired.length === 0 || rows < 2) return [];
  const title = fitParts(
    [
      { text: `so far, against ${oneLine(baseline.arm)}` },
      { text: `in ${standing.unit()}`, keep: 1 },
      { text: '(not final)' },
    ],
    columns,
    ' ',
  );
  const shown = paired.length < rows ? paired : paired.slice(0, rows - 2);
  const width = Math.min(
    Math.floor(columns / 2),
    Math.max(0, ...shown.map(({ arm }) => displayWidth(oneLine(arm)) + 2)),
  );
  const figures = Math.max(0, ...shown.map(({ comparison }) => differenceWords(comparison!).length));
  return [
    colours.bold(title),
    ...shown.map((arm) => verdictLine(arm, { columns, width, figures, colours })),
    ...more(paired.length - shown.length),
  ];
}

/** Below it a line has no room for everything, and names give way. */
const NARROW = 60;

/** Columns of the whole, of names, and of differences. */
interface VerdictColumns extends Pick<BoardOptions, 'columns' | 'colours'> {
  readonly width: number;
  readonly figures: number;
}

function verdictLine(
  { arm, mean, comparison }: StandingArm,
  { columns, width, figures, colours }: VerdictColumns,
): string {
  const { verdict, pairs, plannedPairs } = comparison!;
  const paint = verdict === 'better' ? colours.green : verdict === 'worse' ? colours.red : colours.gray;
  const isNarrow = columns < NARROW;
  return fitParts(
    [
      { text: isNarrow ? `  ${oneLine(arm)}` : padToWidth(cutToWidth(`  ${oneLine(arm)}`, width), width) },
      { text: mean === undefined ? '' : mean.toFixed(3), keep: 1 },
      { text: padToWidth(differenceWords(comparison!), figures), keep: 2 },
      { text: isNarrow ? `${pairs}/${plannedPairs}` : `${pairs} of ${plannedPairs} pairs` },
      { text: verdict, paint },
    ],
    columns,
  );
}

const more = (count: number): string[] => (count > 0 ? [`  and ${count} more`] : []);
