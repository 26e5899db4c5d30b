import { formatDuration, formatRate } from './quantities.ts';

/** Where progress is shown: a terminal gets one line that is rewritten, anything else whole lines. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** How far a piece of work is. */
export interface Work {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  /** What is counted, in the plural: `steps`. */
  readonly unit: string;
  /** The latest number worth a look: `loss 5.21`. */
  readonly note?: string;
}

/** Progress of one piece of work after another, on one stream. */
export interface Progress {
  update(work: Work): void;
  /** Takes the bar away, so that something else may be written. */
  clear(): void;
}

const firstShownMs = { terminal: 1_000, plain: 2_000 };
const repeatMs = { terminal: 100, plain: 5_000 };
const windowMs = 20_000;

/**
 * A progress bar with rate and time left that appears once the work takes longer than a moment.
 *
 * The rate is that of the last 20 s, so that a slow start is forgotten. A new label starts a new piece of work.
 *
 * @param now - milliseconds of a steady clock
 */
export function createProgress(stream: ProgressStream, now = () => performance.now()): Progress {
  const kind = stream.isTTY ? 'terminal' : 'plain';
  let label: string | undefined;
  let samples: { readonly atMs: number; readonly done: number }[] = [];
  let nextMs = 0;
  let isShown = false;
  const clear = () => {
    if (isShown) stream.write('\r\u001b[2K');
    isShown = false;
  };
  return {
    clear,
    update(work) {
      const atMs = now();
      if (work.label !== label) {
        if (label === undefined) nextMs = atMs + firstShownMs[kind];
        label = work.label;
        samples = [];
      }
      samples = [...samples.filter((sample) => atMs - sample.atMs <= windowMs), { atMs, done: work.done }];
      if (atMs < nextMs) return;
      nextMs = atMs + repeatMs[kind];
      isShown = kind === 'terminal';
      const line = { ...work, ...pace(samples, work.total) };
      stream.write(isShown ? `\r${barLine(line, stream.columns ?? 80)}\u001b[K` : `${plainLine(line)}\n`);
    },
  };
}

interface Pace {
  readonly perSecond?: number;
  readonly secondsLeft?: number;
}

type Line = Work & Pace;

function pace(samples: readonly { atMs: number; done: number }[], total: number): Pace {
  const [first, last] = [samples[0], samples.at(-1)!];
  const perSecond = ((last.done - first.done) / (last.atMs - first.atMs)) * 1_000;
  if (!(perSecond > 0 && Number.isFinite(perSecond))) return {};
  return { perSecond, secondsLeft: (total - last.done) / perSecond };
}

function parts({ done, total, unit, note, perSecond, secondsLeft }: Line): string[] {
  const speed = perSecond === undefined ? [] : [`${formatRate(perSecond)} ${unit}/s`];
  const left = secondsLeft === undefined ? [] : [`${formatDuration(secondsLeft)} left`];
  return [`${done}/${total} ${unit}`, ...speed, ...left, ...(note ? [note] : [])];
}

const plainLine = (line: Line) => `${line.label}: ${parts(line).join(', ')}`;

function barLine(line: Line, columns: number): string {
  const width = 20;
  const filled = line.total > 0 ? Math.round((Math.min(line.done, line.total) / line.total) * width) : 0;
  const bar = '█'.repeat(filled) + '░'.repeat(width - filled);
  return `${line.label} ${bar} ${parts(line).join('  ')}`.slice(0, columns - 1);
}
